import { setTimeout as delay } from 'node:timers/promises';

/** How long closing something may take, in milliseconds: BullMQ and pg would wait for their server for ever. */
export const CLOSE_MS = 2_000;

/** @returns whether `work` was fulfilled within `ms` milliseconds. Rejects when `work` does so in that time. */
export async function isDoneWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([work.then(() => true), delay(ms, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}

/** Waits for `work`, but at most `ms` milliseconds; then it rejects, and what becomes of `work` is ignored. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  if (await isDoneWithin(ms, work)) return work;
  throw new Error(`no answer within ${ms} ms`);
}

/**
 * Asks what is still opening, and waits for that and for the answer, but at most `ms` milliseconds altogether. What could
 * not be asked in that time never is, and nothing of it is kept: the server may stay away for hours.
 */
export function askWithin<T>(
  opening: Promise<T>,
): <Answer>(ms: number, question: (opened: T) => Promise<Answer>) => Promise<Answer> {
  const isOpen = new AbortController();
  let opened: { it: T } | undefined;
  opening.then(
    (it) => {
      opened = { it };
      isOpen.abort();
    },
    () => undefined,
  );
  return async (ms, question) => {
    const startedAt = performance.now();
    if (opened === undefined) await delay(ms, undefined, { signal: isOpen.signal }).catch(() => undefined);
    if (opened === undefined) throw new Error(`no answer within ${ms} ms`);
    return within(Math.max(0, ms - (performance.now() - startedAt)), question(opened.it));
  };
}

interface Openable {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

interface OpeningOptions<T> {
  build: () => T;
  /** What else has to work before the object counts as open. */
  prepare?: (opened: T) => Promise<unknown>;
  /** Ends the attempts; the promise then rejects. */
  signal: AbortSignal;
  reportError: (error: unknown) => void;
}

/** Between two attempts to open: the server is down or starting. */
const RETRY_MS = 1_000;

/**
 * Builds one of BullMQ's objects and waits, however long it takes, until it works. BullMQ 6.7.0 remembers a
 * failed start for ever (a rejected promise in `PostgresConnection`, `RedisConnection` and `Relay`), so such an
 * object is thrown away and built anew. The promise may be left alone: its rejection is never unhandled.
 */
export function openWhenReady<T extends Openable>(options: OpeningOptions<T>): Promise<T> {
  const opening = openPersistently(options);
  opening.catch(() => undefined);
  return opening;
}

async function openPersistently<T extends Openable>(options: OpeningOptions<T>): Promise<T> {
  const { build, prepare, signal, reportError } = options;
  for (;;) {
    signal.throwIfAborted();
    const opened = build();
    try {
      await unlessAborted(signal, opened.waitUntilReady());
      if (prepare !== undefined) await unlessAborted(signal, prepare(opened));
      return opened;
    } catch (error) {
      // Not awaited: closing may wait for the very server that is not there.
      opened.close().catch(reportError);
      signal.throwIfAborted();
      reportError(error);
      await delay(RETRY_MS, undefined, { signal });
    }
  }
}

function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
