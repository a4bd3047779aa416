/**
 * Walks round and round through a set that changes meanwhile, and comes by everything in it once in `roundMs`.
 *
 * @returns who is next; to be asked every `turnMs`.
 */
export function createTurns<T>(all: ReadonlySet<T>, turnMs: number, roundMs: number): () => T[] {
  let rest = all.values();
  // Of few, most turns come by none: a part of one is due until it has become a whole.
  let due = 0;
  const step = () => {
    const next = rest.next();
    if (!next.done) return next;
    rest = all.values();
    return rest.next();
  };
  return () => {
    const visited: T[] = [];
    due += (all.size * turnMs) / roundMs;
    for (; due >= 1; due -= 1) {
      const next = step();
      if (!next.done) visited.push(next.value);
    }
    return visited;
  };
}
