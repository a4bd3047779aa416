/** Things that are there for a while, in no order. */
export interface Bag<T> extends Iterable<T> {
  readonly size: number;
  /** @returns takes it out again, once. */
  add(thing: T): () => void;
}

/**
 * For things that come and go by the thousand. Sets and maps of V8 grow into new tables all the time then, each of which
 * keeps the next from being collected while it is young, with all that was in it: that took the API a seventh of its time.
 */
export function createBag<T>(): Bag<T> {
  const places: Array<{ thing: T } | undefined> = [];
  const free: number[] = [];
  return {
    get size() {
      return places.length - free.length;
    },
    add(thing) {
      const index = free.pop() ?? places.length;
      const place = { thing };
      places[index] = place;
      return () => {
        if (places[index] !== place) return;
        places[index] = undefined;
        free.push(index);
      };
    },
    *[Symbol.iterator]() {
      for (const place of places) if (place) yield place.thing;
    },
  };
}
