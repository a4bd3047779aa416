import { setImmediate } from 'node:timers/promises';
import { recordingLog } from '@formaops/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { BellQueue } from './backend.ts';
import type { QueueConnection } from './connection.ts';
import { type Bell, createProducer } from './producer.ts';

/** A producer whose server answers only when the test lets it. */
function setup(kind: QueueConnection['kind'] = 'redis') {
  const ready = Promise.withResolvers<void>();
  const rung: string[] = [];
  const bulks: number[] = [];
  const queue = {
    waitUntilReady: () => ready.promise,
    close: async () => undefined,
    add: async (_name: string, _data: object, { jobId }: { jobId: string }) => void rung.push(jobId),
    addBulk: async (jobs: object[]) => void bulks.push(jobs.length),
  };
  const connection: Pick<QueueConnection, 'kind' | 'newQueue' | 'log' | 'reportError' | 'ringBudgetMs'> = {
    kind,
    newQueue: () => queue as unknown as BellQueue,
    log: recordingLog(),
    reportError: () => undefined,
    ringBudgetMs: 20,
  };
  return { producer: createProducer(connection as QueueConnection), rung, bulks, open: ready.resolve };
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

describe('bells that are rung one after the other while others are being rung', () => {
  afterEach(() => void jest.useRealTimers());

  async function ringSeven(kind: QueueConnection['kind']) {
    const { producer, rung, bulks, open } = setup(kind);
    open();
    const bells = Array.from({ length: 5 }, (_, index) => bell(`together-${index}`));
    await Promise.all([producer.ring(bells), setImmediate()]);
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
    const sixth = producer.ring([bell('sixth')]);
    await setImmediate();
    const seventh = producer.ring([bell('seventh')]);
    await setImmediate();
    await jest.advanceTimersByTimeAsync(20);
    await Promise.all([sixth, seventh]);
    await producer.close();
    return { rung, bulks };
  }

  it('share a command on PostgreSQL, where each costs as much as 80 bells', async () => {
    expect(await ringSeven('postgres')).toEqual({ rung: [], bulks: [5, 2] });
  });

  it('wait for nothing on Redis', async () => {
    expect(await ringSeven('redis')).toEqual({ rung: ['sixth_0', 'seventh_0'], bulks: [5] });
  });
});
