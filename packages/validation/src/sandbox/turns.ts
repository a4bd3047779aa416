/** Tenants who wait, in the order in which they are to be served; each has a line of its own. */
export interface Turns<T> {
  readonly size: number;
  /** @returns how many of this tenant wait. */
  countOf(tenantId: string): number;
  add(tenantId: string, waiter: T): void;
  remove(tenantId: string, waiter: T): void;
  /**
   * Takes the waiter whose turn it is: the first of the tenant that was served longest ago, among those that `mayGo`.
   */
  next(mayGo: (tenantId: string) => boolean): { tenantId: string; waiter: T } | undefined;
}

export function createTurns<T>(): Turns<T> {
  const lines = new Map<string, Set<T>>();
  let size = 0;

  function remove(tenantId: string, waiter: T): void {
    const line = lines.get(tenantId);
    if (!line?.delete(waiter)) return;
    size--;
    if (line.size === 0) lines.delete(tenantId);
  }

  return {
    get size() {
      return size;
    },
    countOf: (tenantId) => lines.get(tenantId)?.size ?? 0,
    add(tenantId, waiter) {
      const line = lines.get(tenantId) ?? new Set();
      lines.set(tenantId, line.add(waiter));
      size++;
    },
    remove,
    next(mayGo) {
      for (const [tenantId, line] of lines) {
        const [waiter] = line;
        if (waiter === undefined || !mayGo(tenantId)) continue;
        remove(tenantId, waiter);
        // Behind everybody else who waits.
        if (lines.delete(tenantId)) lines.set(tenantId, line);
        return { tenantId, waiter };
      }
      return undefined;
    },
  };
}
