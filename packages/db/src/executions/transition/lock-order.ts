/** As JSON, sorted by id: statements that lock the same rows in the same order never wait for each other in a circle. */
export function inLockOrder(rows: ReadonlyArray<{ id: string }>): string {
  return JSON.stringify(rows.toSorted((a, b) => Number(a.id > b.id) - Number(a.id < b.id)));
}
