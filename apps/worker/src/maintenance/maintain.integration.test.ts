import { FormaError } from '@formaops/core';
import { claim, newId, noteRung, openPool, requestCancel } from '@formaops/db';
import type { Bell, BellId, ExecutionRef } from '@formaops/queue';
import { createExecution, createPrompt, createUser, recordingLog, testDatabase } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { maintain } from './maintain.ts';

async function setup(ring: (bells: readonly Bell[]) => Promise<void> = async () => undefined) {
  /** Ids of executions whose bells wait in the queue. */
  const waiting = new Set<string>();
  const state = { isIdle: false, mayRescue: true, counted: 0 };
  const { databaseUrl, drop } = await testDatabase();
  const log = recordingLog();
  const pool = openPool({ databaseUrl, max: 5, applicationName: 'test', log });
  const { userId } = await createUser(pool);
  const owner = { userId, promptId: await createPrompt(pool, { userId }) };
  const rung: Bell[] = [];
  const finished: string[] = [];
  const changed: string[] = [];
  const deps = {
    db: pool,
    producer: {
      async ring(bells: readonly Bell[]) {
        rung.push(...bells);
        await ring(bells);
      },
      known: async (bells: readonly BellId[]) =>
        new Set(bells.map(({ executionId }) => executionId).filter((id) => waiting.has(id))),
      counts: async () => {
        state.counted += 1;
        return { waiting: waiting.size, delayed: 0, active: 0, completed: 9, failed: 9 };
      },
    },
    signals: { publishFinished: (ids: readonly string[]) => void finished.push(...ids) },
    events: {
      changed: (executions: readonly ExecutionRef[]) =>
        void changed.push(...executions.map(({ executionId, userId }) => `${executionId} of ${userId}`)),
    },
    bellTimes: { lostMs: 5_000, repeatMs: 60_000 },
    runningCaps: { FREE: 1 },
    isIdle: () => state.isIdle,
    mayRescue: () => state.mayRescue,
    onAway: () => undefined,
    log,
  };
  const submit = (changes: Parameters<typeof createExecution>[2] = {}) =>
    createExecution(pool, owner, changes);
  return {
    pool,
    owner,
    log,
    /** The bells of all passes. */
    rung,
    waiting,
    state,
    finished,
    /** Of which those who follow executions were told. */
    changed,
    pass: () => maintain(deps),
    submit,
    /** An execution whose worker has let its lease run out. */
    async lost(changes: Parameters<typeof createExecution>[2] = {}) {
      const id = await submit(changes);
      await claim(pool, [{ id, token: newId(), workerId: 'worker-1', leaseMs: -1_000 }]);
      return id;
    },
    /** Moves all times of an execution into the past. */
    async age(id: string, interval: string) {
      await pool.query(
        `UPDATE executions SET created_at = created_at - $2::interval, started_at = started_at - $2::interval,
           next_attempt_at = next_attempt_at - $2::interval, last_enqueued_at = last_enqueued_at - $2::interval,
           check_at = check_at - $2::interval
         WHERE id = $1`,
        [id, interval],
      );
    },
    async bellOf(id: string): Promise<Bell> {
      const { rows } = await pool.query(
        `SELECT id AS "executionId", enqueue_epoch AS epoch, priority, coalesce(run_at, created_at) AS "submittedAt"
         FROM executions WHERE id = $1`,
        [id],
      );
      return rows[0];
    },
    async statusOf(id: string): Promise<string> {
      const { rows } = await pool.query('SELECT status FROM executions WHERE id = $1', [id]);
      return rows[0].status;
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
      await drop();
    },
  };
}

describe('maintain', () => {
  it('rings for an execution whose worker is lost, as urgently as it was submitted', async () => {
    await using bench = await setup();
    const id = await bench.lost({ priority: 'HIGH' });
    await bench.pass();
    expect(bench.rung).toEqual([await bench.bellOf(id)]);
    expect(bench.rung).toMatchObject([{ executionId: id, epoch: 1, priority: 'HIGH' }]);
    expect(bench.finished).toEqual([]);
    expect(bench.log.lines).toEqual([
      {
        level: 'warn',
        message: 'executions maintained',
        fields: { rescued: 1, expired: 0, calledOut: 0, rung: 1 },
      },
    ]);
  });

  it('takes back no lease right after an outage, and all the rest goes on', async () => {
    await using bench = await setup();
    await bench.lost();
    const late = await bench.submit({ deadlineMs: -1 });
    bench.state.mayRescue = false;
    await bench.pass();
    expect(bench).toMatchObject({ rung: [], finished: [late] });
    bench.state.mayRescue = true;
    await bench.pass();
    expect(bench.rung).toHaveLength(1);
  });

  it('rings for an execution whose bell nobody rang, and not again in the next pass', async () => {
    await using bench = await setup();
    const [unheard] = [await bench.submit({ priority: 'LOW' }), await bench.submit()];
    await bench.age(unheard, '6 s');
    await bench.pass();
    await bench.pass();
    expect(bench.rung).toEqual([await bench.bellOf(unheard)]);
    expect(bench.rung).toMatchObject([{ epoch: 1, priority: 'LOW' }]);
  });

  it('rings for what may start later when its time has come, and not before, though the queue is empty', async () => {
    await using bench = await setup();
    bench.state.isIdle = true;
    const id = await bench.submit({ runAt: new Date(Date.now() + 60_000) });
    await bench.pass();
    expect(bench.rung).toEqual([]);
    await bench.pool.query(
      `UPDATE executions SET created_at = created_at - t.m, run_at = run_at - t.m, check_at = check_at - t.m
       FROM (SELECT interval '66 s' AS m) t`,
    );
    await bench.pass();
    expect(bench.rung).toEqual([await bench.bellOf(id)]);
  });

  it('rings with a new epoch for one that was rung for and still waits', async () => {
    await using bench = await setup();
    const id = await bench.submit();
    await bench.age(id, '6 s');
    await bench.pass();
    await bench.age(id, '2 min');
    await bench.pass();
    expect(bench.rung.map(({ epoch }) => epoch)).toEqual([1, 2]);
  });

  it('rings for a repeated attempt that is overdue', async () => {
    await using bench = await setup();
    const id = await bench.lost();
    await bench.pass();
    await bench.age(id, '20 s');
    await bench.pass();
    expect(bench.rung).toMatchObject([
      { executionId: id, epoch: 1 },
      { executionId: id, epoch: 2 },
    ]);
  });

  it('tells who waits for them which executions it has ended, and does not ring for these', async () => {
    await using bench = await setup();
    const { pool, owner } = bench;
    const wished = await bench.lost();
    await requestCancel(pool, [{ id: wished, userId: owner.userId }]);
    const late = await bench.submit({ deadlineMs: -1 });
    await bench.pass();
    expect(bench.finished.toSorted()).toEqual([wished, late].toSorted());
    expect(bench.changed.toSorted()).toEqual(
      [wished, late].map((id) => `${id} of ${owner.userId}`).toSorted(),
    );
    expect([await bench.statusOf(wished), await bench.statusOf(late)]).toEqual(['CANCELLED', 'FAILED']);
    expect(bench.rung).toEqual([]);
    expect(bench.log.lines).toMatchObject([{ fields: { rescued: 1, expired: 1, rung: 0 } }]);
  });

  it('does not ring for what waits in a long line, however long; but for what is not in it', async () => {
    await using bench = await setup();
    const [inLine, lost] = [await bench.submit(), await bench.submit()];
    await noteRung(bench.pool, [inLine, lost], 60_000);
    bench.waiting.add(inLine);
    await bench.age(inLine, '70 s');
    await bench.age(lost, '70 s');
    await bench.pass();
    expect(bench.rung.map(({ executionId }) => executionId)).toEqual([lost]);
    await bench.pass();
    expect(bench.rung).toHaveLength(1);
  });

  it('rings for everything at once when the queue is empty and this worker has nothing to do', async () => {
    await using bench = await setup();
    const ids = [await bench.submit(), await bench.submit(), await bench.submit()];
    await noteRung(bench.pool, ids, 60_000);
    for (const id of ids) await bench.age(id, '10 s');
    await bench.pass();
    expect(bench).toMatchObject({ rung: [], state: { counted: 0 } });
    bench.state.isIdle = true;
    bench.waiting.add('another');
    await bench.pass();
    expect(bench.rung).toEqual([]);
    bench.waiting.delete('another');
    await bench.pass();
    expect(bench.rung.map(({ executionId }) => executionId).toSorted()).toEqual(ids.toSorted());
  });

  it('is through with thousands in one pass', async () => {
    await using bench = await setup();
    await bench.submit();
    await bench.pool.query(
      `INSERT INTO executions (id, inputs, user_id, prompt_id, check_at)
       SELECT 'e' || n, '{}', user_id, prompt_id, now() FROM executions, generate_series(1, 1200) n`,
    );
    await bench.pass();
    expect(bench.rung).toHaveLength(1_200);
  });

  it('calls out of the line what there is room for', async () => {
    await using bench = await setup();
    await bench.pool.query(`UPDATE users SET plan = 'FREE'`);
    const ids = [await bench.submit(), await bench.submit()];
    const rules = { runningCaps: { FREE: 1 }, suspensions: [] };
    const claims = ids.map((id) => ({ id, token: newId(), workerId: 'w', leaseMs: 60_000 }));
    expect(await claim(bench.pool, claims, rules)).toMatchObject([{ applied: true }, { reason: 'parked' }]);
    await bench.pass();
    expect(bench.rung).toEqual([]);
    await bench.pool.query(`UPDATE users SET plan = 'PRO'`);
    await bench.pass();
    expect(bench.rung).toMatchObject([{ executionId: ids[1], epoch: 1 }]);
    expect(bench.log.lines).toEqual([]);
  });

  it('forgets the idempotency keys of what has ended, after a day', async () => {
    await using bench = await setup();
    const [old, young, waiting] = [await bench.submit(), await bench.submit(), await bench.submit()];
    await bench.pool.query(`UPDATE executions SET idempotency_key = 'key-' || id, request_hash = 'h'`);
    await bench.age(old, '24 h 1 min');
    await bench.age(young, '23 h 59 min');
    await bench.age(waiting, '48 h');
    await bench.pool.query(
      `UPDATE executions SET status = 'CANCELLED', started_at = created_at, completed_at = created_at WHERE id <> $1`,
      [waiting],
    );
    await bench.pass();
    const { rows } = await bench.pool.query(
      'SELECT id FROM executions WHERE idempotency_key IS NOT NULL ORDER BY id',
    );
    expect(rows).toEqual([{ id: young }, { id: waiting }]);
  });

  it('says nothing when there is nothing to do', async () => {
    await using bench = await setup();
    await bench.submit();
    await bench.pass();
    expect(bench).toMatchObject({ rung: [], finished: [], log: { lines: [] } });
  });

  it('rings once for each execution when several workers maintain at the same time', async () => {
    await using bench = await setup();
    const ids: string[] = [];
    for (let number = 0; number < 6; number += 1) ids.push(await bench.lost());
    await Promise.all([bench.pass(), bench.pass(), bench.pass()]);
    expect(bench.rung.map(({ executionId }) => executionId).toSorted()).toEqual(ids.toSorted());
  });

  it('tells of what has ended although the queue is away, and rings again in a later pass', async () => {
    const outages = [new FormaError('DATABASE_UNAVAILABLE')];
    await using bench = await setup(async () => {
      const outage = outages.shift();
      if (outage) throw outage;
    });
    const late = await bench.submit({ deadlineMs: -1 });
    const lost = await bench.lost();
    await expect(bench.pass()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(bench.finished).toEqual([late]);
    await bench.age(lost, '20 s');
    await bench.pass();
    expect(bench.rung).toMatchObject([{ epoch: 1 }, { executionId: lost, epoch: 2 }]);
  });

  it('looks again soon after a ring that failed', async () => {
    const outages = [new FormaError('DATABASE_UNAVAILABLE')];
    await using bench = await setup(async () => {
      const outage = outages.shift();
      if (outage) throw outage;
    });
    const id = await bench.submit();
    await bench.age(id, '6 s');
    await expect(bench.pass()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await bench.age(id, '6 s');
    await bench.pass();
    expect(bench.rung.map(({ epoch }) => epoch)).toEqual([1, 2]);
  });
});
