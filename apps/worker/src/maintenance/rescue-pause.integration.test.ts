import { type Claim, claim, newId, openPool, type Queryable } from '@formaops/db';
import { createExecution, createPrompt, createUser, recordingLog, testDatabase } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { createLeaseKeeper } from '../executor/lease-keeper.ts';
import { maintain } from './maintain.ts';
import { createRescuePause } from './rescue-pause.ts';

const intervalMs = 10_000;
const pauseMs = intervalMs + 2_000;

/** A worker that holds leases and maintains, on a database that can go away. */
async function setup() {
  const { databaseUrl, drop } = await testDatabase();
  const log = recordingLog();
  const pool = openPool({ databaseUrl, max: 5, applicationName: 'test', log });
  const owner = await createUser(pool);
  const promptId = await createPrompt(pool, owner);
  const state = { now: 5_000, isAway: false };
  const query = async (sql: string, parameters: unknown[]) => {
    if (state.isAway) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    return pool.query(sql, parameters);
  };
  const db = { query: query as Queryable['query'] };
  const pause = createRescuePause({ monotonicMs: () => state.now }, pauseMs);
  // The test repeats heartbeats itself.
  const options = { db, leaseMs: 30_000, intervalMs, repeatMs: 3_600_000, onAway: pause.begin, log };
  const keeper = createLeaseKeeper(options);
  return {
    state,
    /** Executions that this worker runs, whose leases end at once. */
    async held(count: number) {
      const claims: Claim[] = [];
      for (let number = 0; number < count; number += 1) {
        const id = await createExecution(pool, { ...owner, promptId });
        claims.push({ id, token: newId(), workerId: 'w', leaseMs: 0 });
      }
      await claim(pool, claims);
      const leases = claims.map((one) => keeper.hold(one));
      return { leases, beat: () => keeper.check(claims.map(({ id }) => id)) };
    },
    pass: () =>
      maintain({
        db,
        producer: {
          ring: async () => undefined,
          known: async () => new Set(),
          counts: async () => ({ waiting: 1, delayed: 0, active: 0, completed: 0, failed: 0 }),
        },
        signals: { publishFinished: () => undefined },
        events: { changed: () => undefined },
        bellTimes: { lostMs: 5_000, repeatMs: 60_000 },
        runningCaps: {},
        mayRescue: pause.isOver,
        onAway: pause.begin,
        isIdle: () => false,
        log,
      }),
    async leasesLeft() {
      const { rows } = await pool.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM executions WHERE lease_expires_at > clock_timestamp()',
      );
      return rows[0]?.count;
    },
    async [Symbol.asyncDispose]() {
      keeper.stop();
      await pool.end();
      await drop();
    },
  };
}

describe('createRescuePause', () => {
  it('keeps a live worker from taking back its own executions after an outage', async () => {
    await using bench = await setup();
    const { state, pass } = bench;
    const { leases, beat } = await bench.held(6);
    state.now += pauseMs + 1;
    state.isAway = true;
    for (let interval = 1; interval <= 2; interval += 1) {
      state.now += intervalMs;
      await beat();
      await expect(pass()).rejects.toThrow('refused');
    }
    state.isAway = false;
    state.now += 1_000;
    expect([await pass(), await bench.leasesLeft()]).toMatchObject([{ rescued: 0 }, 0]);
    await beat();
    state.now += pauseMs;
    expect([await pass(), await bench.leasesLeft()]).toMatchObject([{ rescued: 0 }, 6]);
    expect(leases.filter(({ signal }) => signal.aborted)).toEqual([]);
  });

  it('lasts from the start of a process, which does not know of an outage before it', () => {
    let now = 5_000;
    const pause = createRescuePause({ monotonicMs: () => now }, pauseMs);
    now += pauseMs;
    expect(pause.isOver()).toBe(false);
    now += 1;
    expect(pause.isOver()).toBe(true);
    pause.begin();
    expect(pause.isOver()).toBe(false);
  });
});
