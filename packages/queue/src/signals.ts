import { setTimeout as delay } from 'node:timers/promises';
import type { BellRelay } from './backend.ts';
import { createBatcher } from './batcher.ts';
import type { QueueConnection } from './connection.ts';
import {
  type EventsMessage,
  parseEventsMessage,
  parseWatchNotice,
  type WatchNotice,
} from './events/messages.ts';
import { eventsTopic, SIGNAL_TOPICS, WATCH_TOPIC } from './names.ts';
import { CLOSE_MS, isDoneWithin, openWhenReady } from './wait.ts';

/** Called with the ids of executions, at most 500 at a time; what it throws is logged. */
export type SignalListener = (executionIds: readonly string[]) => void;

export interface SignalsOptions {
  /** Called when executions should stop. A topic without a listener costs this process nothing. */
  onCancel?: SignalListener;
  /** Called when executions have ended. */
  onFinished?: SignalListener;
  /** Called when a process says what it watches. */
  onWatch?: (notice: WatchNotice) => void;
  /** Hears what is sent to an address of this process's own. */
  events?: { address: string; listener(message: EventsMessage): void };
}

export interface Signals {
  /** Tells every worker that these executions should stop. */
  publishCancel(executionIds: readonly string[]): void;
  /** Tells every API process that these executions have ended. */
  publishFinished(executionIds: readonly string[]): void;
  /** Says to every process what this one watches. Rejects when it cannot be sent. */
  publishWatch(notice: WatchNotice): Promise<void>;
  /** Tells one process what has happened to executions. Rejects when it cannot be sent. */
  publishEvents(address: string, message: EventsMessage): Promise<void>;
  /** For what could not be sent by those who send in this one's name. */
  reportError(error: unknown): void;
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
    prepare: (opened) => subscribe(opened, options),
    signal: closing.signal,
    reportError,
  });
  const publish = async (topic: string, data: unknown): Promise<void> => {
    await (await relay).publish(topic, data);
  };
  const publisher = (topic: Topic) =>
    createBatcher({ ...BATCHING, send: (ids) => publish(SIGNAL_TOPICS[topic], { ids }), reportError });
  return {
    publishCancel: publisher('cancel'),
    publishFinished: publisher('finished'),
    publishWatch: (notice) => publish(WATCH_TOPIC, notice),
    publishEvents: (address, message) => publish(eventsTopic(address), message),
    reportError,
    ready: async () => void (await relay),
    async close() {
      closing.abort();
      const closed = relay.then((opened) => opened.close()).catch(() => undefined);
      await isDoneWithin(CLOSE_MS, closed);
    },
  };
}

async function subscribe(relay: BellRelay, options: SignalsOptions): Promise<void> {
  const { onCancel, onFinished, onWatch, events } = options;
  const hear = (topic: string, listener: (data: unknown) => void) =>
    relay.subscribe(topic, ({ data }) => listener(data));
  if (onCancel) await hear(SIGNAL_TOPICS.cancel, (data) => onCancel(executionIdsIn(data)));
  if (onFinished) await hear(SIGNAL_TOPICS.finished, (data) => onFinished(executionIdsIn(data)));
  if (onWatch) {
    await hear(WATCH_TOPIC, (data) => {
      const notice = parseWatchNotice(data);
      if (notice) onWatch(notice);
    });
  }
  if (events) await hear(eventsTopic(events.address), (data) => events.listener(parseEventsMessage(data)));
}

function executionIdsIn(data: unknown): string[] {
  const ids = typeof data === 'object' && data !== null && 'ids' in data ? data.ids : undefined;
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
}
