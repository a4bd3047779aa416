import { type MachineState, type Move, step, submittedState, terminalStatuses } from '@formaops/core';
import { createExecution } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Fixture, setup } from '../../database.fixture.ts';
import { claim } from './claim.ts';
import { handBack } from './hand-back.ts';
import { heartbeat } from './heartbeat.ts';
import { expire, rescue } from './maintain.ts';
import { requestCancel } from './request-cancel.ts';
import { settle } from './settle.ts';
import { failedAttempt, settlement } from './verbs.fixture.ts';

/** Grain of all times: what the test itself takes is far below it. */
const minute = 60_000;
const maxAttempts = 3;

type Happening = { token: number } & (
  | { kind: 'claim' | 'heartbeat' | 'requestCancel' | 'rescue' | 'expire' }
  | { kind: 'settle'; status: (typeof terminalStatuses)[number] }
  | { kind: 'handBack'; charged: boolean; delayMs: number }
  | { kind: 'wait'; ms: number }
);

/** The worker whose token is shown: of the latest claim most of the time, of an earlier one sometimes. */
const token = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) });
const minutes = (max: number) => fc.integer({ min: 0, max }).map((count) => count * minute);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('claim' as const), token }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'heartbeat' as const,
        'requestCancel' as const,
        'rescue' as const,
        'rescue' as const,
        'expire' as const,
      ),
      token,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      token,
      status: fc.constantFrom(...terminalStatuses),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('handBack' as const),
      token,
      charged: fc.boolean(),
      delayMs: minutes(3),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), token, ms: minutes(5) }) },
);

/** Between the minutes that go by, as the ends of leases and the deadline are. */
const halfMinutes = minutes(4).map((ms) => ms + minute / 2);
const leaseMs = 1.5 * minute;
const deadlineMs = 30.5 * minute;

/** What happens to an execution that may start at once, or some minutes after it was submitted. */
interface Story {
  aheadMs: number;
  story: Happening[];
}

const stories: fc.Arbitrary<Story> = fc.record({
  aheadMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: halfMinutes }),
  story: fc.array(happening, { minLength: 5, maxLength: 25 }),
});

/** The same move on PostgreSQL. @returns whether it was applied. */
async function write({ pool, userId }: Fixture, id: string, move: Move): Promise<boolean> {
  switch (move.kind) {
    case 'claim': {
      const [answer] = await claim(pool, [{ id, token: move.token, workerId: 'w', leaseMs: move.leaseMs }]);
      return answer?.applied === true;
    }
    case 'heartbeat': {
      const [answer] = await heartbeat(pool, [{ id, token: move.token, leaseMs: move.leaseMs }]);
      return answer?.held === true;
    }
    case 'settle': {
      const error = move.status === 'FAILED' ? { code: 'INTERNAL' as const, message: 'No' } : null;
      const [answer] = await settle(pool, [settlement(id, move.token, { status: move.status, error })]);
      return answer?.applied === true;
    }
    case 'handBack': {
      const { charged, delayMs } = move;
      const [answer] = await handBack(pool, [failedAttempt(id, move.token, { charged, delayMs })]);
      return answer?.applied === true;
    }
    case 'requestCancel': {
      const [answer] = await requestCancel(pool, [{ id, userId }]);
      return answer?.applied === true;
    }
    case 'rescue':
      return (await rescue(pool, { limit: 10 })).length > 0;
    case 'expire':
      return (await expire(pool, { limit: 10 })).length > 0;
  }
}

/** Lets time go by for an execution: all its times move into the past. What has ended has no future. */
async function age({ pool }: Fixture, id: string, ms: number): Promise<void> {
  await pool.query(
    `UPDATE executions SET deadline_at = deadline_at - t.ms, check_at = check_at - t.ms, run_at = run_at - t.ms,
       lease_expires_at = lease_expires_at - t.ms, next_attempt_at = next_attempt_at - t.ms
     FROM (SELECT $2::float8 * interval '1 ms' AS ms) t
     WHERE id = $1 AND status IN ('PENDING', 'RUNNING')`,
    [id, ms],
  );
}

async function read({ pool }: Fixture, id: string): Promise<object> {
  const { rows } = await pool.query(
    `SELECT status, attempt, charged_attempts AS "chargedAttempts", crash_attempts AS "crashAttempts",
       lease_token AS token, finished_token AS "finishedToken", cancel_requested_at IS NOT NULL AS "isCancelRequested",
       next_attempt_at IS NOT NULL AS "hasNextAttempt"
     FROM executions WHERE id = $1`,
    [id],
  );
  return rows[0];
}

function shown(state: MachineState): object {
  const { status, attempt, chargedAttempts, crashAttempts, finishedToken, isCancelRequested } = state;
  const hasNextAttempt = state.nextAttemptAt !== null;
  const token = state.lease?.token ?? null;
  return {
    status,
    attempt,
    chargedAttempts,
    crashAttempts,
    token,
    finishedToken,
    isCancelRequested,
    hasNextAttempt,
  };
}

/** Tells the same story to the machine and to PostgreSQL, and compares them after each step. */
async function tell(database: Fixture, { aheadMs, story }: Story): Promise<void> {
  const runAt = aheadMs === 0 ? undefined : new Date(Date.now() + aheadMs);
  const id = await createExecution(database.pool, database.owner, { maxAttempts, deadlineMs, runAt });
  let state = submittedState({
    maxAttempts,
    runAt: aheadMs === 0 ? null : aheadMs,
    deadlineAt: aheadMs + deadlineMs,
  });
  let now = 0;
  const tokens = ['none', 'none'];
  for (const { token: howOld, ...what } of story) {
    if (what.kind === 'wait') {
      now += what.ms;
      await age(database, id, what.ms);
      continue;
    }
    if (what.kind === 'claim') tokens.unshift(`${id}-${tokens.length}`);
    const shownToken = what.kind === 'claim' ? (tokens[0] ?? '') : (tokens[howOld] ?? '');
    const move = { leaseMs, ...what, token: shownToken } as Move;
    const after = step(state, move, now);
    const applied = await write(database, id, move);
    expect([what, applied]).toEqual([what, after.applied]);
    if (after.applied) state = after.state;
    expect(await read(database, id)).toEqual(shown(state));
  }
  // Nothing that one story leaves behind may be found by the maintenance of the next.
  await database.pool.query('DELETE FROM executions WHERE id = $1', [id]);
}

describe('the verbs, one after another', () => {
  it('do what the pure state machine does, whoever claims, crashes, cancels and comes back late', async () => {
    await using database = await setup();
    await fc.assert(
      fc.asyncProperty(stories, (story) => tell(database, story)),
      { numRuns: 60 },
    );
  });
});
