import type { Logger } from '@formaops/core';
import { findEnded, type Queryable } from '@formaops/db';

/** Lets requests wait for the end of executions. */
export interface FinishWaiters {
  /** Starts to wait; may be called before the execution can possibly end, so that nothing is missed. */
  expect(executionId: string): Expectation;
  /** Wakes those who wait for these executions. */
  wake(executionIds: readonly string[]): void;
  start(): void;
  /** Wakes everybody, for good. */
  stop(): void;
}

export interface Expectation extends Disposable {
  /** Fulfilled when the execution has ended, the time is over, or the signal is aborted. */
  endedWithin(ms: number, signal: AbortSignal): Promise<void>;
}

/** Requests that may wait at the same time; further ones are answered at once. */
const maxWaiters = 10_000;

/** Messages can be lost, so what is waited for is looked up this often, in milliseconds, in one statement for all. */
const lookUpMs = 1_000;

export function createFinishWaiters(db: Queryable, log: Logger): FinishWaiters {
  const waiting = new Map<string, Set<PromiseWithResolvers<void>>>();
  let count = 0;
  let stopped = false;
  let isLooking = false;
  let timer: NodeJS.Timeout | undefined;

  const wake = (ids: readonly string[]) => {
    for (const id of ids) for (const waiter of waiting.get(id) ?? []) waiter.resolve();
  };
  const lookUp = async () => {
    // One look at a time: a slow database must not be asked by more and more connections.
    if (waiting.size === 0 || isLooking) return;
    isLooking = true;
    try {
      wake([...(await findEnded(db, [...waiting.keys()])).keys()]);
    } catch (error) {
      log.warn({ err: error, waiting: waiting.size }, 'waiters not looked up');
    } finally {
      isLooking = false;
    }
  };
  const remove = (id: string, waiter: PromiseWithResolvers<void>) => {
    const others = waiting.get(id);
    if (!others?.delete(waiter)) return;
    count -= 1;
    if (others.size === 0) waiting.delete(id);
  };

  return {
    expect(executionId) {
      const waiter = Promise.withResolvers<void>();
      if (stopped || count >= maxWaiters) waiter.resolve();
      const others = waiting.get(executionId) ?? new Set();
      waiting.set(executionId, others.add(waiter));
      count += 1;
      return {
        endedWithin: (ms, signal) => firstOf(waiter.promise, ms, signal),
        [Symbol.dispose]: () => remove(executionId, waiter),
      };
    },
    wake,
    start() {
      timer = setInterval(() => void lookUp(), lookUpMs);
    },
    stop() {
      stopped = true;
      clearInterval(timer);
      wake([...waiting.keys()]);
    },
  };
}

async function firstOf(ended: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  try {
    await Promise.race([ended, over]);
  } finally {
    clearTimeout(timer);
  }
}
