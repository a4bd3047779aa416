import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  hasRedis,
  type Link,
  openLink,
  recordingLog,
  testDatabase,
  testPostgres,
  testRedis,
} from '@formaops/testing';
import { openQueueConnection, type QueueConnection } from './connection.ts';
import { type Consumer, type ConsumerOptions, createConsumer, type Disposition } from './consumer.ts';
import { type Bell, createProducer, type Producer } from './producer.ts';
import { createSignals, type Signals, type SignalsOptions } from './signals.ts';

export type Kind = 'redis' | 'postgres';

/** The servers of this run. */
export const kinds: readonly Kind[] = hasRedis ? ['redis', 'postgres'] : ['postgres'];

/** A queue of the test's own, and what the processes of a product would create on it. */
export interface Bench extends AsyncDisposable {
  /** The only way to the server. */
  link: Link;
  log: ReturnType<typeof recordingLog>;
  /** Like one more process. */
  connect(): QueueConnection;
  producer(): Producer;
  /** A consumer, not yet started, whose handler is `onExecution`. */
  consumer(onExecution: ConsumerOptions['onExecution'], options?: Partial<ConsumerOptions>): Consumer;
  signals(options?: SignalsOptions): Signals;
}

/** @param ringBudgetMs is generous by default: only tests about being late want to be late. */
export async function setup(kind: Kind, { isMigrated = true, ringBudgetMs = 20_000 } = {}): Promise<Bench> {
  const stack = new AsyncDisposableStack();
  const { url, prefix } = kind === 'redis' ? await openRedis() : await openPostgres(isMigrated, stack);
  const link = stack.adopt(await openLink(new URL(url)), (opened) => opened.close());
  const location = { queueUrl: link.url, databaseUrl: '' };
  const log = recordingLog();
  const connect = () =>
    stack.adopt(openQueueConnection({ ...location, log, prefix, ringBudgetMs }), (connection) =>
      connection.close(),
    );
  return {
    link,
    log,
    connect,
    producer: () => stack.adopt(createProducer(connect()), (producer) => producer.close()),
    consumer(onExecution, options) {
      const consumer = createConsumer(connect(), { concurrency: 1, onExecution, ...options });
      return stack.adopt(consumer, async (opened) => void (await opened.close({ graceMs: 0, releaseMs: 0 })));
    },
    signals: (options) => stack.adopt(createSignals(connect(), options), (signals) => signals.close()),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function openRedis() {
  const { redisUrl, prefix } = await testRedis();
  return { url: redisUrl, prefix };
}

async function openPostgres(isMigrated: boolean, stack: AsyncDisposableStack) {
  const { databaseUrl, drop } = await (isMigrated ? testDatabase() : testPostgres());
  stack.defer(drop);
  return { url: databaseUrl, prefix: '' };
}

export const submittedAt = new Date('2027-03-01T12:00:00Z');

export function bell(changes: Partial<Bell> = {}): Bell {
  return { executionId: randomUUID(), epoch: 0, priority: 'NORMAL', submittedAt, ...changes };
}

export const done: Disposition = { kind: 'done' };

/** Values in the order they came; `take` waits for the next one, as long as the test may last. */
export function inbox<T>(): { put(value: T): void; take(): Promise<T> } {
  const values: T[] = [];
  let wake = Promise.withResolvers<void>();
  return {
    put(value) {
      values.push(value);
      wake.resolve();
    },
    async take() {
      while (values.length === 0) {
        wake = Promise.withResolvers<void>();
        await wake.promise;
      }
      return values.shift() as T;
    },
  };
}

/** Asks until the answer satisfies, as long as the test may last. */
export async function until<T>(ask: () => Promise<T>, isSatisfying: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isSatisfying(answer)) return answer;
    await delay(20);
  }
}
