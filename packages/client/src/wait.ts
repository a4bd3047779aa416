import type { Calls } from './calls.ts';
import { FormaOpsError } from './errors.ts';
import type { CallOptions, Schemas } from './types.ts';

export interface WaitOptions extends Pick<CallOptions, 'signal' | 'headers'> {
  /** How long to wait for the end, in milliseconds; as long as it takes when left out. */
  timeoutMs?: number | undefined;
}

/** Seconds that the API is asked to wait before it answers; what stands between seldom waits longer. */
const longPollSeconds = 25;

/** About a minute of answers that do not come, one after the other, before who waits is told. */
export const patientRetries = 18;

/** How long after its end a wait may be answered, in milliseconds: the API answers at the end at the latest. */
const answerMs = 5_000;

/** The longest that timers take. */
const longestTimerMs = 2 ** 31 - 1;

const terminal: readonly string[] = ['COMPLETED', 'FAILED', 'CANCELLED'] satisfies Array<
  Schemas['ExecutionStatus']
>;

/** @returns whether nothing will change any more. */
export function hasEnded({ status }: { status: Schemas['ExecutionStatus'] }): boolean {
  return terminal.includes(status);
}

/** A time by which something has to have happened. */
export class Deadline {
  readonly #atMs: number;

  constructor(timeoutMs = Number.POSITIVE_INFINITY) {
    this.#atMs = performance.now() + timeoutMs;
  }

  leftMs(): number {
    return Math.max(0, this.#atMs - performance.now());
  }

  /**
   * Does something that ends in time, or shortly after: also where no answer comes, or the API wants to be asked much later.
   *
   * @throws FormaOpsError `TIMEOUT` when it does not.
   */
  async keep<T>(signal: AbortSignal | undefined, work: (signal?: AbortSignal) => Promise<T>): Promise<T> {
    const graceOverMs = this.leftMs() + answerMs;
    if (graceOverMs > longestTimerMs) return work(signal);
    const over = new AbortController();
    const error = new FormaOpsError({ code: 'TIMEOUT', message: 'It has not ended in time' });
    const timer = setTimeout(() => over.abort(error), graceOverMs);
    try {
      return await work(signal ? AbortSignal.any([signal, over.signal]) : over.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Seconds to ask the API to wait, with milliseconds. */
  waitSeconds(): number {
    return Math.floor(Math.min(longPollSeconds * 1_000, this.leftMs())) / 1_000;
  }
}

/**
 * Waits for the end of an execution, through answers that do not come as long as an outage is short.
 *
 * @throws FormaOpsError `TIMEOUT` when it has not ended in time; it goes on all the same.
 */
export async function waitForEnd(
  calls: Calls,
  id: string,
  { timeoutMs, ...options }: WaitOptions,
  deadline = new Deadline(timeoutMs),
): Promise<Schemas['ExecutionDetails']> {
  for (;;) {
    const wait = deadline.waitSeconds();
    const askedAt = performance.now();
    const execution = await deadline.keep(options.signal, (signal) =>
      calls.call('getExecution', {
        path: { id },
        query: { wait },
        maxRetries: patientRetries,
        ...options,
        signal,
      }),
    );
    if (hasEnded(execution)) return execution;
    if (deadline.leftMs() === 0) {
      const message = `${id} is ${execution.status} still`;
      throw new FormaOpsError({ code: 'TIMEOUT', message });
    }
    // An API that stops answers at once; who asks again at once would not let it.
    if (performance.now() - askedAt < wait * 500) await calls.pause(0, 250, options.signal);
  }
}
