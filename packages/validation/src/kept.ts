/** Keeps the values that were used last, up to a number of them. */
export interface Kept<V> {
  get(key: string): V | undefined;
  /** @returns the value, for convenience. */
  set(key: string, value: V): V;
  delete(key: string): void;
}

/** @param onDrop called with each value that makes room or is deleted. */
export function createKept<V>(max: number, onDrop: (value: V) => void = () => undefined): Kept<V> {
  // What was used last stands last.
  const kept = new Map<string, V>();

  function remove(key: string): void {
    const value = kept.get(key);
    if (kept.delete(key) && value !== undefined) onDrop(value);
  }

  return {
    get(key) {
      const value = kept.get(key);
      if (value !== undefined && kept.delete(key)) kept.set(key, value);
      return value;
    },
    set(key, value) {
      remove(key);
      kept.set(key, value);
      const [oldest] = kept.keys();
      if (kept.size > max && oldest !== undefined) remove(oldest);
      return value;
    },
    delete: remove,
  };
}
