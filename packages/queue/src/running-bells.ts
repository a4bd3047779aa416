import { isDoneWithin } from './wait.ts';

/** The bells being handled in this process. */
export interface RunningBells {
  count(): number;
  /** Runs `work` with a signal that `abort` reaches until it is through. */
  track<T>(jobId: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Aborts every signal. */
  abortAll(reason: Error): void;
  /** @returns whether everything that runs now has ended within `ms` milliseconds. */
  endWithin(ms: number): Promise<boolean>;
}

export function trackRunningBells(): RunningBells {
  const running = new Map<string, { abort: AbortController; ended: Promise<unknown> }>();
  return {
    count: () => running.size,
    async track(jobId, work) {
      const abort = new AbortController();
      const result = work(abort.signal);
      running.set(jobId, { abort, ended: Promise.allSettled([result]) });
      try {
        return await result;
      } finally {
        running.delete(jobId);
      }
    },
    abortAll(reason) {
      for (const { abort } of running.values()) abort.abort(reason);
    },
    endWithin: (ms) => isDoneWithin(ms, Promise.all([...running.values()].map(({ ended }) => ended))),
  };
}
