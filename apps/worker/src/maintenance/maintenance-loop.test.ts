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

/** A loop over a database without rows; `counts` is what each pass asks last. */
function setup({ counts = async () => empty, random = () => 0.5 }: Partial<Bench> = {}) {
  const log = recordingLog();
  let passes = 0;
  let now = 5_000;
  const loop = createMaintenanceLoop({
    db: { query: (async () => ({ rows: [] })) as never },
    producer: {
      ring: async () => undefined,
      known: async () => new Set(),
      counts: () => {
        passes += 1;
        return counts();
      },
    },
    signals: { publishFinished: () => undefined },
    bellTimes: { lostMs: 5_000, repeatMs: 60_000 },
    runningCaps: {},
    isIdle: () => true,
    mayRescue: () => true,
    log,
    intervalMs,
    random,
    clock: { monotonicMs: () => now },
  });
  const tick = (ms: number) => {
    now += ms;
  };
  return { loop, log, tick, passes: () => passes };
}

interface Bench {
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
});
