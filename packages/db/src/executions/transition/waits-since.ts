/** SQL: since when an execution waits for its turn: since it was submitted, or since it may start. */
export const waitsSince = (alias: string) => `coalesce(${alias}.run_at, ${alias}.created_at)`;
