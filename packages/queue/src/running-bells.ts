import { createBag } from '@formaops/core';
import { isDoneWithin } from './wait.ts';

/** The bells being handled in this process. */
export interface RunningBells {
  count(): number;
  /** Runs `work` with a signal that `abort` reaches until it is through. */
  track<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Aborts every signal. */
  abortAll(reason: Error): void;
  /** @returns whether everything that runs now has ended within `ms` milliseconds. */
  endWithin(ms: number): Promise<boolean>;
}

export function trackRunningBells(): RunningBells {
  const running = createBag<{ abort: AbortController; ended: Promise<unknown> }>();
  return {
    count: () => running.size,
    async track(work) {
      const abort = new AbortController();
      const result = work(abort.signal);
      const forget = running.add({ abort, ended: Promise.allSettled([result]) });
      try {
        return await result;
      } finally {
        forget();
      }
    },
    abortAll(reason) {
      for (const { abort } of running) abort.abort(reason);
    },
    endWithin: (ms) => isDoneWithin(ms, Promise.all([...running].map(({ ended }) => ended))),
  };
}
