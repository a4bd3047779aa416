import { setImmediate } from 'node:timers/promises';
import type { QueueCounts } from '@formaops/queue';
import { recordingLog } from '@formaops/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createMaintenanceLoop } from './maintenance-loop.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

const intervalMs = 2_000;
const empty: QueueCounts = { waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0 };

/** A loop over a database without rows unless `query` has some; `counts` is what each pass asks last but one. */
function setup({ counts = async () => empty, random = () => 0.5, query = noRows }: Partial<Bench> = {}) {
  const log = recordingLog();
  const rung: number[] = [];
  const statements: string[] = [];
  let passes = 0;
  let outages = 0;
  let now = 5_000;
  const loop = createMaintenanceLoop({
    db: {
      query: ((sql: string) => {
        statements.push(sql);
        return query(sql);
      }) as never,
    },
    producer: {
      ring: async (bells) => void rung.push(bells.length),
      known: async () => new Set(),
      counts: () => {
        passes += 1;
        return counts();
      },
    },
    signals: { publishFinished: () => undefined },
    events: { changed: () => undefined },
    bellTimes: { lostMs: 5_000, repeatMs: 60_000 },
    runningCaps: {},
    isIdle: () => true,
    mayRescue: () => true,
    onAway: () => {
      outages += 1;
    },
    log,
    intervalMs,
    random,
    clock: { monotonicMs: () => now },
  });
  const tick = (ms: number) => {
    now += ms;
  };
  return { loop, log, tick, rung, statements, passes: () => passes, outages: () => outages };
}

const noRows = async () => ({ rows: [] as object[] });
const isRescue = (sql: string) => sql.includes('Worker lost');

/** As many executions as one statement takes on at most. */
const fullBatch = Array.from({ length: 500 }, (_, index) => ({
  id: `execution-${index}`,
  status: 'RUNNING',
  priority: 'NORMAL',
  created_at: new Date(0),
  enqueue_epoch: 1,
}));

interface Bench {
  query: (sql: string) => Promise<{ rows: object[] }>;
  counts: () => Promise<QueueCounts>;
  random: () => number;
}

/** Lets this much time go by, and what it started come to its next wait. */
async function pass(ms: number): Promise<void> {
  jest.advanceTimersByTime(ms);
  await setImmediate();
}

describe('createMaintenanceLoop', () => {
  it('does a pass after each interval, not before it is started and not after it is stopped', async () => {
    const { loop, passes } = setup();
    await pass(10 * intervalMs);
    expect(passes()).toBe(0);
    loop.start();
    for (const expected of [1, 2, 3]) {
      await pass(intervalMs - 1);
      expect(passes()).toBe(expected - 1);
      await pass(1);
      expect(passes()).toBe(expected);
    }
    await loop.stop();
    await pass(10 * intervalMs);
    expect(passes()).toBe(3);
  });

  it.each([
    [0, 1_500],
    [1, 2_500],
  ])('waits a quarter less or more, as chance %d will have it', async (chance, waitMs) => {
    const { loop, passes } = setup({ random: () => chance });
    loop.start();
    await pass(waitMs - 1);
    expect(passes()).toBe(0);
    await pass(1);
    expect(passes()).toBe(1);
    await loop.stop();
  });

  it('does not begin a pass while one is under way', async () => {
    const slow = Promise.withResolvers<QueueCounts>();
    const { loop, passes } = setup({ counts: () => slow.promise });
    loop.start();
    await pass(intervalMs);
    await pass(10 * intervalMs);
    expect(passes()).toBe(1);
    slow.resolve(empty);
    await setImmediate();
    await pass(intervalMs);
    expect(passes()).toBe(2);
    await loop.stop();
  });

  it('knows how long ago a pass ended, also one that failed', async () => {
    const slow = Promise.withResolvers<QueueCounts>();
    const outcomes = [slow.promise, Promise.reject(new Error('the queue is away'))];
    const { loop, tick } = setup({ counts: () => outcomes.shift() ?? Promise.resolve(empty) });
    loop.start();
    await pass(intervalMs);
    tick(7_000);
    expect(loop.sinceLastPassMs()).toBe(7_000);
    slow.resolve(empty);
    await setImmediate();
    expect(loop.sinceLastPassMs()).toBe(0);
    tick(100);
    await pass(intervalMs);
    expect(loop.sinceLastPassMs()).toBe(0);
    await loop.stop();
  });

  it('logs a pass that fails, and goes on', async () => {
    const error = new Error('the queue is away');
    const outcomes = [Promise.reject(error), Promise.resolve(empty)];
    const { loop, log, passes } = setup({ counts: () => outcomes.shift() ?? Promise.resolve(empty) });
    loop.start();
    await pass(intervalMs);
    expect(log.lines).toEqual([{ level: 'warn', message: 'maintenance failed', fields: { err: error } }]);
    await pass(intervalMs);
    expect(passes()).toBe(2);
    expect(log.lines).toHaveLength(1);
    await loop.stop();
  });

  it('is stopped when the pass under way is over, and then for good', async () => {
    const slow = Promise.withResolvers<QueueCounts>();
    const { loop, passes } = setup({ counts: () => slow.promise });
    loop.start();
    await pass(intervalMs);
    let isStopped = false;
    const stopping = loop.stop().then(() => {
      isStopped = true;
    });
    await setImmediate();
    expect(isStopped).toBe(false);
    slow.resolve(empty);
    await stopping;
    await pass(10 * intervalMs);
    expect(passes()).toBe(1);
  });

  it('rings in slices that the queue takes within its time', async () => {
    let batches = 0;
    const { loop, rung } = setup({
      query: async (sql) => {
        if (!isRescue(sql)) return { rows: [] };
        batches += 1;
        return { rows: batches <= 2 ? fullBatch : fullBatch.slice(0, 1) };
      },
    });
    loop.start();
    await pass(intervalMs);
    expect(rung).toEqual([500, 500, 1]);
    await loop.stop();
  });

  it('takes each batch of a pass for progress', async () => {
    const batches = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let next = 0;
    const { loop, tick } = setup({
      query: async (sql) => {
        if (!isRescue(sql)) return { rows: [] };
        const batch = batches[next];
        next += 1;
        await batch?.promise;
        return { rows: batch ? fullBatch : [] };
      },
    });
    loop.start();
    await pass(intervalMs);
    for (const batch of batches) {
      tick(11_000);
      expect(loop.sinceLastPassMs()).toBe(11_000);
      batch.resolve();
      await setImmediate();
      expect(loop.sinceLastPassMs()).toBe(0);
    }
    await loop.stop();
  });

  it('ends a pass with the batch under way when it is to stop, and rings for what was taken back', async () => {
    const underWay = Promise.withResolvers<void>();
    const { loop, statements, rung } = setup({
      query: async () => {
        await underWay.promise;
        return { rows: fullBatch };
      },
    });
    loop.start();
    await pass(intervalMs);
    const stopping = loop.stop();
    underWay.resolve();
    await stopping;
    expect(statements.map(isRescue)).toEqual([true]);
    expect(rung).toEqual([500]);
  });

  it.each([
    ['the database is away, whatever it was asked', 'ECONNREFUSED', /idempotency_key/, 1],
    ['leases could not be looked at', '55P03', /Worker lost/, 1],
    ['something else took too long, for else nobody would ever be rescued', '57014', /idempotency_key/, 0],
    ['something else is broken', '42P01', /idempotency_key/, 0],
  ])('tells of an outage when %s: %s', async (_, code, which, expected) => {
    const { loop, log, outages } = setup({
      query: async (sql) => {
        if (which.test(sql)) throw Object.assign(new Error('failed'), { code });
        return { rows: [] };
      },
    });
    loop.start();
    await pass(intervalMs);
    expect(log.lines).toMatchObject([{ message: 'maintenance failed' }]);
    expect(outages()).toBe(expected);
    await loop.stop();
  });
});
