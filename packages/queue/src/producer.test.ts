import { recordingLog } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import type { BellQueue } from './backend.ts';
import type { QueueConnection } from './connection.ts';
import { type Bell, createProducer } from './producer.ts';

/** A producer whose server answers only when the test lets it. */
function setup() {
  const ready = Promise.withResolvers<void>();
  const rung: string[] = [];
  const queue = {
    waitUntilReady: () => ready.promise,
    close: async () => undefined,
    add: async (_name: string, _data: object, { jobId }: { jobId: string }) => void rung.push(jobId),
  };
  const connection: Pick<QueueConnection, 'newQueue' | 'log' | 'reportError' | 'ringBudgetMs'> = {
    newQueue: () => queue as unknown as BellQueue,
    log: recordingLog(),
    reportError: () => undefined,
    ringBudgetMs: 20,
  };
  return { producer: createProducer(connection as QueueConnection), rung, open: ready.resolve };
}

const bell = (executionId: string): Bell => ({
  executionId,
  epoch: 0,
  priority: 'NORMAL',
  submittedAt: new Date(),
});

describe('a producer whose queue has never been there', () => {
  it('keeps nothing of the bells that it gave up, and rings when it is there', async () => {
    const { producer, rung, open } = setup();
    await expect(producer.ring([bell('a')])).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    const waiting = producer.ring([bell('c')]);
    open();
    await waiting;
    await producer.ring([bell('d')]);
    expect(rung).toEqual(['c_0', 'd_0']);
    await producer.close();
  });
});
