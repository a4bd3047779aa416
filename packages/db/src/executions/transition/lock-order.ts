/** Sorted by id: statements that lock the same rows in the same order never wait for each other in a circle. */
export function inLockOrder<Row extends { id: string }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => Number(a.id > b.id) - Number(a.id < b.id));
}
