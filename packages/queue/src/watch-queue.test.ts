import { setImmediate } from 'node:timers/promises';
import { recordingLog } from '@formaops/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { QueueHealth } from './backend.ts';
import { watchQueue } from './watch-queue.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

const ready: QueueHealth = { state: 'ready', warnings: [] };
const full: QueueHealth = { state: 'ready', warnings: ['almost full'] };
const evicting: QueueHealth = { state: 'unfit', reason: 'evicts' };
const refused: QueueHealth = { state: 'unfit', reason: 'wrong password' };
const away = (reason: string): QueueHealth => ({ state: 'unreachable', reason });

/** A watch over a server that stands like this, one after the other. */
async function setup(...answers: QueueHealth[]) {
  const log = recordingLog();
  let checks = 0;
  const check = async () => answers[Math.min(checks++, answers.length - 1)] ?? ready;
  const watch = watchQueue({ check, log });
  watch.start();
  await setImmediate();
  return { watch, log, checks: () => checks };
}

async function pass(ms: number): Promise<void> {
  jest.advanceTimersByTime(ms);
  await setImmediate();
}

async function linesAfter(...answers: QueueHealth[]): Promise<string[]> {
  const { log } = await setup(...answers);
  for (const _ of answers.slice(1)) await pass(60_000);
  return log.lines.map(({ level, message, fields }) => `${level} ${message} ${JSON.stringify(fields)}`);
}

describe('watchQueue', () => {
  it('says nothing about a queue that is as it should be, and looks every minute', async () => {
    const { log, checks } = await setup(ready);
    expect(checks()).toBe(1);
    await pass(59_999);
    expect(checks()).toBe(1);
    await pass(1);
    expect(checks()).toBe(2);
    expect(log.lines).toEqual([]);
  });

  it('looks every ten seconds while something is wrong', async () => {
    const { checks } = await setup(evicting);
    await pass(10_000);
    expect(checks()).toBe(2);
  });

  it('says once what a person must change, and when it is changed', async () => {
    expect(await linesAfter(evicting, evicting, refused, ready)).toEqual([
      'error queue unfit {"reason":"evicts"}',
      'error queue unfit {"reason":"wrong password"}',
      'info queue ready {}',
    ]);
  });

  it('says once that the server is away, whatever the reason of the moment', async () => {
    expect(await linesAfter(away('refused'), away('no answer'), ready)).toEqual([
      'warn queue unreachable {"reason":"refused"}',
      'info queue ready {}',
    ]);
  });

  it('warns once of each risk, and again when it comes back', async () => {
    const warning = 'warn queue at risk {"warning":"almost full"}';
    expect(await linesAfter(full, full, ready, full)).toEqual([warning, warning]);
  });

  it('looks no more after it is stopped', async () => {
    const { watch, checks } = await setup(ready);
    watch.stop();
    await pass(600_000);
    expect(checks()).toBe(1);
  });
});
