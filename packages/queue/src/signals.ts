import { setTimeout as delay } from 'node:timers/promises';
import type { BellRelay } from './backend.ts';
import { createBatcher } from './batcher.ts';
import type { QueueConnection } from './connection.ts';
import { SIGNAL_TOPICS } from './names.ts';
import { CLOSE_MS, isDoneWithin, openWhenReady } from './wait.ts';

/** Called with the ids of executions, at most 500 at a time; what it throws is logged. */
export type SignalListener = (executionIds: readonly string[]) => void;

export interface SignalsOptions {
  /** Called when executions should stop. A topic without a listener costs this process nothing. */
  onCancel?: SignalListener;
  /** Called when executions have ended. */
  onFinished?: SignalListener;
}

export interface Signals {
  /** Tells every worker that these executions should stop. */
  publishCancel(executionIds: readonly string[]): void;
  /** Tells every API process that these executions have ended. */
  publishFinished(executionIds: readonly string[]): void;
  /** Fulfilled when the listeners are heard; messages sent before may be missed. Rejects when closed before. */
  ready(): Promise<void>;
  /** Takes 2 seconds at most. */
  close(): Promise<void>;
}

type Topic = keyof typeof SIGNAL_TOPICS;

/** 500 ids are about 20 kB. With 20 ms between two messages a process sends at most 50 a second per topic. */
const BATCHING = { maxPerBatch: 500, maxWaiting: 10_000, pause: () => delay(20) };

/**
 * Messages between processes. They are hints: whoever misses one finds out from PostgreSQL, a little later. So
 * publishing neither waits nor throws, and what cannot be sent is dropped. Subscriptions survive the loss of the
 * connection, and may be made before the server is up.
 */
export function createSignals(connection: QueueConnection, options: SignalsOptions = {}): Signals {
  const closing = new AbortController();
  const reportError = (error: unknown) => {
    if (!closing.signal.aborted) connection.reportError(error);
  };
  const relay = openWhenReady({
    build: () => connection.newRelay(),
    prepare: (opened) => subscribe(opened, { cancel: options.onCancel, finished: options.onFinished }),
    signal: closing.signal,
    reportError,
  });
  const publisher = (topic: Topic) => {
    const send = async (ids: string[]): Promise<void> => {
      await (await relay).publish(SIGNAL_TOPICS[topic], { ids });
    };
    return createBatcher({ ...BATCHING, send, reportError });
  };
  return {
    publishCancel: publisher('cancel'),
    publishFinished: publisher('finished'),
    ready: async () => void (await relay),
    async close() {
      closing.abort();
      const closed = relay.then((opened) => opened.close()).catch(() => undefined);
      await isDoneWithin(CLOSE_MS, closed);
    },
  };
}

async function subscribe(
  relay: BellRelay,
  listeners: Record<Topic, SignalListener | undefined>,
): Promise<void> {
  for (const topic of ['cancel', 'finished'] as const) {
    const listener = listeners[topic];
    if (listener === undefined) continue;
    await relay.subscribe(SIGNAL_TOPICS[topic], ({ data }) => listener(executionIdsIn(data)));
  }
}

function executionIdsIn(data: unknown): string[] {
  const ids = typeof data === 'object' && data !== null && 'ids' in data ? data.ids : undefined;
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
}
