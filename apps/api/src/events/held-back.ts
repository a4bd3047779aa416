import type { LiveEvent } from './live-event.ts';

/** Keeps what happens until its listener has caught up with what happened before. */
export interface HeldBack {
  listener(event: LiveEvent): void;
  /** Passes on what was kept, and from now on everything at once. */
  release(take: (event: LiveEvent) => void): void;
}

/** Events kept at most. They are shared, but who catches up so slowly is better off coming again. */
const maxKept = 2_000;

/** @param onOverflow called when too much has happened meanwhile. */
export function holdBack(onOverflow: () => void): HeldBack {
  const kept: LiveEvent[] = [];
  let pass = (event: LiveEvent): void => {
    if (kept.length < maxKept) kept.push(event);
    else onOverflow();
  };
  return {
    listener: (event) => pass(event),
    release(take) {
      for (const event of kept.splice(0)) take(event);
      pass = take;
    },
  };
}
