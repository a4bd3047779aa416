import { recordingLog } from '@formaops/testing';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';

/** How long was waited, each time; the clock goes on by as much. */
let waits: number[] = [];
let now = 0;

jest.unstable_mockModule('node:timers/promises', () => ({
  async setTimeout(ms: number, _value: unknown, { signal }: { signal?: AbortSignal } = {}) {
    signal?.throwIfAborted();
    waits.push(ms);
    now += ms;
  },
}));
const { patiently } = await import('./patiently.ts');

beforeEach(() => {
  waits = [];
  now = 5_000;
});

const clock = { now: () => new Date(now), monotonicMs: () => now };

function setup(random = () => 0.5) {
  const log = recordingLog();
  return { log, deps: { leaseMs: 30_000, clock, random, log } };
}

function away() {
  return Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
}

describe('patiently', () => {
  it('gives back what the work gives, and waits for nothing', async () => {
    const { deps } = setup();
    expect(await patiently(async () => 42, undefined, deps)).toBe(42);
    expect(waits).toEqual([]);
  });

  it('repeats the work while the database is away, less and less often, and says so', async () => {
    const { deps, log } = setup();
    let tries = 0;
    const work = async () => {
      tries += 1;
      if (tries <= 7) throw away();
      return 'back';
    };
    expect(await patiently(work, undefined, deps)).toBe('back');
    expect(waits).toEqual([200, 300, 500, 900, 1_100, 1_100, 1_100]);
    expect(log.lines.map(({ level, message }) => `${level} ${message}`)).toEqual(
      Array(7).fill('warn database away, waiting'),
    );
  });

  it.each([0, 0.999_999])('waits at least 100 ms and at most 2.1 s when chance says %d', async (chance) => {
    const { deps } = setup(() => chance);
    await expect(patiently(() => Promise.reject(away()), undefined, deps)).rejects.toThrow();
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_100);
  });

  it('gives up with the last error when the lease cannot be ours any more', async () => {
    const { deps } = setup();
    const errors: Error[] = [];
    const work = () => {
      const error = away();
      errors.push(error);
      return Promise.reject(error);
    };
    const startedAt = now;
    const thrown = await patiently(work, undefined, deps).catch((error: unknown) => error);
    expect(thrown).toBe(errors.at(-1));
    expect(errors.length).toBe(waits.length + 1);
    expect(now - startedAt).toBeGreaterThanOrEqual(30_000);
    expect(now - startedAt).toBeLessThan(32_100);
  });

  it.each([
    ['a broken constraint', Object.assign(new Error('duplicate key'), { code: '23505' })],
    ['a fault in our code', new TypeError('x is not a function')],
  ])('does not repeat after %s', async (_what, error) => {
    const { deps, log } = setup();
    await expect(patiently(() => Promise.reject(error), undefined, deps)).rejects.toBe(error);
    expect(waits).toEqual([]);
    expect(log.lines).toEqual([]);
  });

  it('waits no longer when it is aborted', async () => {
    const { deps } = setup();
    const controller = new AbortController();
    const work = () => {
      controller.abort(new Error('stopping'));
      return Promise.reject(away());
    };
    await expect(patiently(work, controller.signal, deps)).rejects.toThrow('stopping');
    expect(waits).toEqual([]);
  });
});
