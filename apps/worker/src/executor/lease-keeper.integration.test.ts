import { setImmediate } from 'node:timers/promises';
import { claim, newId, openPool, requestCancel } from '@formaops/db';
import { createExecution, createPrompt, createUser, recordingLog, testDatabase } from '@formaops/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLeaseKeeper, type LeaseKeeperOptions } from './lease-keeper.ts';

const intervalMs = 10_000;

beforeEach(() => {
  // Only the interval of the heartbeats is the test's; the database driver needs its timers.
  jest.useFakeTimers({
    doNotFake: [
      'Date',
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setTimeout',
      'clearTimeout',
    ],
  });
});
afterEach(() => {
  jest.useRealTimers();
});

async function setup() {
  const { databaseUrl, drop } = await testDatabase();
  const log = recordingLog();
  const pool = openPool({ databaseUrl, max: 5, applicationName: 'test', log });
  const { userId } = await createUser(pool);
  const promptId = await createPrompt(pool, { userId });
  const beats: Array<{ ids: string[]; answered: Promise<unknown> }> = [];
  let isAway = false;
  const query = (statement: { text: string; values: [string[]] }) => {
    const [ids] = statement.values;
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const answered = isAway ? Promise.reject(away) : pool.query(statement);
    beats.push({ ids, answered });
    return answered;
  };
  const db = { query: query as LeaseKeeperOptions['db']['query'] };
  let now = 5_000;
  let outages = 0;
  const keeper = createLeaseKeeper({
    db,
    leaseMs: 60_000,
    intervalMs,
    repeatMs: 1,
    onAway: () => {
      outages += 1;
    },
    log,
    monotonicMs: () => now,
  });
  return {
    keeper,
    pool,
    log,
    /** What the keeper asked the database for. */
    beats,
    pass: (ms: number) => {
      now += ms;
    },
    outages: () => outages,
    setAway: (away: boolean) => {
      isAway = away;
    },
    /** An execution that a worker holds, for a second only unless somebody prolongs it. */
    async claimed() {
      const id = await createExecution(pool, { userId, promptId });
      const token = newId();
      await claim(pool, [{ id, token, workerId: 'worker-1', leaseMs: 1_000 }]);
      return { id, token };
    },
    wishCancelled: (id: string) => requestCancel(pool, [{ id, userId }]),
    async [Symbol.asyncDispose]() {
      keeper.stop();
      await pool.end();
      await drop();
    },
  };
}

/** As if another worker had taken the execution over. */
async function takeOver(pool: ReturnType<typeof openPool>, id: string): Promise<string> {
  const token = newId();
  await pool.query('UPDATE executions SET lease_token = $2 WHERE id = $1', [id, token]);
  return token;
}

describe('createLeaseKeeper', () => {
  it('repeats a heartbeat that failed soon, until one succeeds, and tells of each outage', async () => {
    await using bench = await setup();
    const { keeper, pool, beats } = bench;
    for (const execution of [await bench.claimed(), await bench.claimed()]) keeper.hold(execution);
    bench.setAway(true);
    keeper.start();
    jest.advanceTimersByTime(intervalMs);
    while (beats.length < 3) await setImmediate();
    bench.setAway(false);
    const isLong = async () => {
      const { rows } = await pool.query(
        `SELECT FROM executions WHERE lease_expires_at > clock_timestamp() + interval '30 s'`,
      );
      return rows.length === 2;
    };
    while (!(await isLong())) await setImmediate();
    expect(bench.outages()).toBeGreaterThanOrEqual(2);
    expect(new Set(beats.map(({ ids }) => ids.length))).toEqual(new Set([2]));
  });

  it('prolongs all leases of the process with one statement per interval', async () => {
    await using bench = await setup();
    const { keeper, pool, beats } = bench;
    const executions = [await bench.claimed(), await bench.claimed(), await bench.claimed()];
    for (const execution of executions) keeper.hold(execution);
    keeper.start();
    expect(beats).toHaveLength(0);

    jest.advanceTimersByTime(intervalMs);
    expect(beats.map(({ ids }) => ids.toSorted())).toEqual([executions.map(({ id }) => id).toSorted()]);
    await beats[0]?.answered;
    const { rows } = await pool.query(
      `SELECT id FROM executions WHERE lease_expires_at > clock_timestamp() + interval '30 s'`,
    );
    expect(rows).toHaveLength(3);

    jest.advanceTimersByTime(2 * intervalMs);
    expect(beats).toHaveLength(3);
    await Promise.all(beats.map(({ answered }) => answered));
  });

  it('asks nothing while nothing is held, and nothing after it is stopped', async () => {
    await using bench = await setup();
    const { keeper, beats } = bench;
    keeper.start();
    jest.advanceTimersByTime(intervalMs);
    const execution = await bench.claimed();
    keeper.hold(execution)[Symbol.dispose]();
    jest.advanceTimersByTime(intervalMs);
    keeper.hold(execution);
    keeper.stop();
    jest.advanceTimersByTime(intervalMs);
    expect(beats).toEqual([]);
  });

  it('aborts an attempt whose owner wants it cancelled, at the next heartbeat', async () => {
    await using bench = await setup();
    const { keeper, beats } = bench;
    const [wished, other] = [await bench.claimed(), await bench.claimed()];
    const [wishedLease, otherLease] = [keeper.hold(wished), keeper.hold(other)];
    await bench.wishCancelled(wished.id);
    keeper.start();

    const aborted = new Promise((resolve) => wishedLease.signal.addEventListener('abort', resolve));
    jest.advanceTimersByTime(intervalMs);
    await aborted;
    expect(wishedLease.signal.reason).toBe('cancelled');
    expect(otherLease.signal.aborted).toBe(false);
    expect(beats).toHaveLength(1);
  });

  it('aborts an attempt whose lease is lost, also when this very worker has it again', async () => {
    await using bench = await setup();
    const { keeper, pool } = bench;
    const { id, token } = await bench.claimed();
    const lost = keeper.hold({ id, token });
    const again = keeper.hold({ id, token: await takeOver(pool, id) });
    await keeper.check([id]);
    expect(lost.signal.reason).toBe('leaseLost');
    expect(again.signal.aborted).toBe(false);
  });

  it('takes an execution that has ended for a lost lease, whatever its owner wished', async () => {
    await using bench = await setup();
    const { id, token } = await bench.claimed();
    const lease = bench.keeper.hold({ id, token });
    await bench.wishCancelled(id);
    await takeOver(bench.pool, id);
    await bench.keeper.check([id]);
    expect(lease.signal.reason).toBe('leaseLost');
  });

  it('aborts nothing while the database is away, and goes on when it is back', async () => {
    await using bench = await setup();
    const { keeper, beats, log } = bench;
    const execution = await bench.claimed();
    const lease = keeper.hold(execution);
    keeper.start();
    bench.setAway(true);
    jest.advanceTimersByTime(intervalMs);
    await expect(beats[0]?.answered).rejects.toThrow('ECONNREFUSED');
    await keeper.check([execution.id]);
    expect(lease.signal.aborted).toBe(false);
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'heartbeat failed',
        fields: { err: expect.any(Error), leases: 1 },
      }),
    );

    bench.setAway(false);
    await bench.wishCancelled(execution.id);
    await keeper.check([execution.id]);
    expect(lease.signal.reason).toBe('cancelled');
  });

  it('looks at once when told, and only after what it holds', async () => {
    await using bench = await setup();
    const { keeper, beats } = bench;
    const [wished, other] = [await bench.claimed(), await bench.claimed()];
    const lease = keeper.hold(wished);
    keeper.hold(other);
    await bench.wishCancelled(wished.id);
    await keeper.check([newId(), wished.id]);
    expect(beats.map(({ ids }) => ids)).toEqual([[wished.id]]);
    expect(lease.signal.reason).toBe('cancelled');

    await keeper.check([newId()]);
    await keeper.check([]);
    expect(beats).toHaveLength(1);
  });

  it('looks at once when it takes what it was told about while it was being claimed', async () => {
    await using bench = await setup();
    const { keeper, beats } = bench;
    const [wished, other] = [await bench.claimed(), await bench.claimed()];
    await bench.wishCancelled(wished.id);
    await keeper.check([wished.id]);
    expect(beats).toEqual([]);

    bench.pass(9_999);
    keeper.hold(other);
    const lease = keeper.hold(wished);
    const aborted = new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
    expect(beats.map(({ ids }) => ids)).toEqual([[wished.id]]);
    await aborted;
    expect(lease.signal.reason).toBe('cancelled');
  });

  it('looks once only, and not for what it was told longer ago than a claim takes', async () => {
    await using bench = await setup();
    const { keeper, beats } = bench;
    const execution = await bench.claimed();
    await keeper.check([execution.id]);
    keeper.hold(execution)[Symbol.dispose]();
    keeper.hold(execution)[Symbol.dispose]();
    expect(beats).toHaveLength(1);

    await keeper.check([execution.id]);
    bench.pass(10_000);
    keeper.hold(execution);
    expect(beats).toHaveLength(1);
    await beats[0]?.answered;
  });

  it('forgets the oldest when it is told about very many', async () => {
    await using bench = await setup();
    const { keeper, beats } = bench;
    const [first, last] = [await bench.claimed(), await bench.claimed()];
    const others = Array.from({ length: 9_999 }, (_, index) => `other-${index}`);
    await keeper.check([first.id, ...others, last.id]);
    keeper.hold(first);
    expect(beats).toEqual([]);
    keeper.hold(last);
    expect(beats).toHaveLength(1);
    await beats[0]?.answered;
  });
});
