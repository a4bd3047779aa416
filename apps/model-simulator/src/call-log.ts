import type { Usage } from './tokens.ts';

/**
 * How a call ended. `open`: not yet. `answered`: all of a well-formed completion was sent. `faulted`: a fault kept the
 * client from getting one. `refused`: the request was wrong (400, 401). `client-closed`: the client left first.
 * `server-closed`: the simulator was stopped first.
 */
export type Outcome = 'open' | 'answered' | 'faulted' | 'refused' | 'client-closed' | 'server-closed';

/** One request for a completion, as the simulator saw it. */
export interface Call {
  /** 1 for the first call since the start, then one more each. */
  order: number;
  /** The `Idempotency-Key` header. */
  idempotencyKey: string | null;
  /** The number at the end of the idempotency key, 1 without one. */
  attempt: number;
  /** Without its faults; null when the request named none. */
  model: string | null;
  stream: boolean;
  outcome: Outcome;
  /** The counts that the client was told; null when it was told none, or nonsense. */
  usage: Usage | null;
}

/** What is known of a call when it arrives. */
export type ReceivedCall = Pick<Call, 'idempotencyKey' | 'attempt' | 'model' | 'stream'>;

/** The last calls, and a way to wait for one. */
export interface CallLog {
  /** Writes down a call and answers its order. */
  receive(call: ReceivedCall): number;
  /** Writes down how a call ended. The first end counts, later ones are ignored. */
  settle(order: number, outcome: Outcome, usage: Usage | null): void;
  /** The latest calls, oldest first. */
  calls(): Call[];
  /** The first call, past or future, of which the predicate is true. Rejects after `timeoutMs` and when the log is closed. */
  waitFor(predicate: (call: Call) => boolean, timeoutMs: number): Promise<Call>;
  /** Settles all open calls as `server-closed` and rejects all waiting. */
  close(): void;
}

interface Waiter {
  look(call: Call): void;
  giveUp(reason: string): void;
}

/** Keeps the latest `limit` calls in memory. */
export function createCallLog(limit = 1_000): CallLog {
  const kept = new Map<number, Call>();
  const waiters = new Set<Waiter>();
  let count = 0;

  const store = (call: Call) => {
    kept.set(call.order, call);
    kept.delete(call.order - limit);
    for (const waiter of waiters) waiter.look(call);
  };
  const settle: CallLog['settle'] = (order, outcome, usage) => {
    const call = kept.get(order);
    if (call?.outcome === 'open') store({ ...call, outcome, usage });
  };

  return {
    receive(call) {
      count += 1;
      store({ order: count, ...call, outcome: 'open', usage: null });
      return count;
    },
    settle,
    calls: () => [...kept.values()],
    waitFor(predicate, timeoutMs) {
      const past = kept.values().find(predicate);
      return past === undefined ? waitForNext(waiters, predicate, timeoutMs) : Promise.resolve(past);
    },
    close() {
      for (const order of kept.keys()) settle(order, 'server-closed', null);
      for (const waiter of waiters) waiter.giveUp('the simulator was closed');
    },
  };
}

function waitForNext(
  waiters: Set<Waiter>,
  predicate: (call: Call) => boolean,
  timeoutMs: number,
): Promise<Call> {
  const { promise, resolve, reject } = Promise.withResolvers<Call>();
  const waiter: Waiter = {
    look: (call) => {
      if (predicate(call)) resolve(call);
    },
    giveUp: (reason) => reject(new Error(`No such call: ${reason}.`)),
  };
  const timer = setTimeout(() => waiter.giveUp(`waited ${timeoutMs} ms`), timeoutMs);
  waiters.add(waiter);
  return promise.finally(() => {
    clearTimeout(timer);
    waiters.delete(waiter);
  });
}
