/**
 * SQL: a condition on the rows of a statement's argument that is always true. PostgreSQL, which knows nothing of such
 * rows, takes it for rarely so, and therefore looks up each execution by its key. Without it the statistics decide, which
 * are minutes old: seen with 6,000 waiting executions is a claim that read all of them for each of its 128 rows.
 */
export const looksRare = (id: string) => `${id} = ${unindexed(id)}`;

/** SQL: a text column, so that no index on it is used. */
export const unindexed = (column: string) => `(${column} || '')`;

/**
 * SQL: whether an execution has one of the statuses. As text, so that no index on the status is used where the key is
 * known: there may be millions with that status.
 */
export const hasStatus = (alias: string, ...statuses: readonly string[]) =>
  `${alias}.status::text IN (${statuses.map((status) => `'${status}'`).join(', ')})`;
