import {
  type ExecutionEvent,
  type ExecutionStatus,
  executionStatuses,
  isTerminal,
  type Move,
  step,
  type TerminalStatus,
  transitions,
  whyNotClaimable,
} from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import type { Fixture } from '../../database.fixture.ts';
import { noteRung, takeUnheardBells } from './bells.ts';
import { claim } from './claim.ts';
import { handBack } from './hand-back.ts';
import { heartbeat } from './heartbeat.ts';
import { expire, rescue } from './maintain.ts';
import { requestCancel } from './request-cancel.ts';
import { settle } from './settle.ts';
import {
  held,
  idOf,
  isToStartLater,
  ourTokenFor,
  readRows,
  type State,
  setup,
  states,
  toMachine,
} from './states.fixture.ts';
import { failedAttempt, settlement } from './verbs.fixture.ts';

/**
 * Runs a verb on all states and compares what became of each with the rule, which the pure state machine gives: the new status, or `unchanged`, which means
 * that not one column differs. The moves made must be those that the state machine has for the verb's events.
 */
async function expectAfter<T>(
  verb: (database: Fixture) => Promise<T>,
  rule: (state: State) => ExecutionStatus | 'unchanged',
  events: ExecutionEvent[] = [],
): Promise<T> {
  await using database = await setup();
  const before = await readRows(database);
  const answer = await verb(database);
  const after = await readRows(database);
  const became = states.map((state) => {
    const now = after.get(idOf(state));
    return { ...state, became: now?.all === before.get(idOf(state))?.all ? 'unchanged' : now?.status };
  });
  expect(became).toEqual(states.map((state) => ({ ...state, became: rule(state) })));
  if (events.length > 0) {
    const made = became.flatMap(({ status, became: to }) => (to === 'unchanged' ? [] : [`${status} ${to}`]));
    expect(new Set(made)).toEqual(new Set(movesFor(events)));
  }
  const { rows: impossible } = await database.pool.query(
    `SELECT id FROM executions
     WHERE (cancel_requested_at IS NOT NULL AND lease_token IS NULL AND status IN ('PENDING', 'RUNNING'))
       OR (next_attempt_at IS NOT NULL) <> (status = 'RUNNING' AND lease_token IS NULL)`,
  );
  expect(impossible).toEqual([]);
  return answer;
}

function movesFor(events: ExecutionEvent[]): string[] {
  return executionStatuses.flatMap((from) =>
    Object.entries(transitions[from])
      .filter(([event]) => events.some((one) => one === event))
      .map(([, to]) => `${from} ${to}`),
  );
}

/** What the state machine says becomes of a state by a move, at the time 0. */
function ruleOf(moveOn: (state: State) => Move): (state: State) => ExecutionStatus | 'unchanged' {
  return (state) => {
    const after = step(toMachine(state), moveOn(state), 0);
    return after.applied ? after.state.status : 'unchanged';
  };
}

/** What a verb must answer: the execution where the rule says that it was written, else the status that forbade it. */
function expectedAnswers(rule: (state: State) => ExecutionStatus | 'unchanged') {
  return states.map((state) => {
    const id = idOf(state);
    const status = rule(state);
    return status === 'unchanged'
      ? { id, applied: false, actual: state.status }
      : { id, applied: true, execution: expect.objectContaining({ status }) };
  });
}

describe('claim', () => {
  it('takes what the state machine lets it take, and tells why it does not take the rest', async () => {
    const claims = states.map((state) => ({
      id: idOf(state),
      token: `new-${idOf(state)}`,
      workerId: 'w',
      leaseMs: 60_000,
    }));
    const rule = ruleOf((state) => ({ kind: 'claim', token: `new-${idOf(state)}`, leaseMs: 60_000 }));
    const answers = await expectAfter(({ pool }) => claim(pool, claims), rule, ['claim']);
    expect(answers).toEqual(
      states.map((state) => {
        const reason = whyNotClaimable(toMachine(state), 0);
        return reason === null
          ? { id: idOf(state), applied: true, execution: expect.objectContaining({ id: idOf(state) }) }
          : { id: idOf(state), applied: false, reason, dueInMs: expect.any(Number) };
      }),
    );
  });
});

describe('heartbeat', () => {
  it('prolongs our lease, also one that is over and was not taken away, and tells of a wish to cancel', async () => {
    const beats = states.map((state) => ({ id: idOf(state), token: ourTokenFor(state), leaseMs: 60_000 }));
    const rule = ruleOf((state) => ({ kind: 'heartbeat', token: ourTokenFor(state), leaseMs: 60_000 }));
    const answers = await expectAfter(({ pool }) => heartbeat(pool, beats), rule);
    expect(answers).toEqual(
      states.map((state) =>
        rule(state) === 'unchanged'
          ? { id: idOf(state), held: false }
          : { id: idOf(state), held: true, cancelRequested: state.cancelWished },
      ),
    );
  });
});

describe('handBack', () => {
  it.each([true, false])(
    'gives back what we hold and nobody wishes to cancel; charged: %p',
    async (charged) => {
      const delayMs = 60_000;
      const rule = ruleOf((state) => ({ kind: 'handBack', token: ourTokenFor(state), charged, delayMs }));
      const all = states.map((state) => failedAttempt(idOf(state), ourTokenFor(state), { charged, delayMs }));
      const answers = await expectAfter(({ pool }) => handBack(pool, all), rule, [
        charged ? 'scheduleRetry' : 'release',
      ]);
      expect(answers).toEqual(expectedAnswers(rule));
    },
  );
});

describe('settle', () => {
  it.each<[TerminalStatus, ExecutionEvent[]]>([
    ['COMPLETED', ['settleCompleted', 'settleCancelled']],
    ['FAILED', ['settleFailed', 'settleCancelled']],
    ['CANCELLED', ['settleCancelled']],
  ])('ends what we hold as %s, or as CANCELLED when that was wished', async (status, events) => {
    const rule = ruleOf((state) => ({ kind: 'settle', token: ourTokenFor(state), status }));
    const error = status === 'FAILED' ? { code: 'INTERNAL' as const, message: 'No' } : null;
    const all = states.map((state) => settlement(idOf(state), ourTokenFor(state), { status, error }));
    const answers = await expectAfter(({ pool }) => settle(pool, all), rule, events);
    expect(answers).toEqual(expectedAnswers(rule));
  });
});

describe('requestCancel', () => {
  it('ends what nobody holds, and records the wish for what somebody holds', async () => {
    const rule = ruleOf(() => ({ kind: 'requestCancel' }));
    // A wish that is repeated is acknowledged again and writes nothing.
    const changes = (state: State) => (state.cancelWished ? 'unchanged' : rule(state));
    const answers = await expectAfter(
      ({ pool, userId }) =>
        requestCancel(
          pool,
          states.map((state) => ({ id: idOf(state), userId })),
        ),
      changes,
      ['wish', 'cancel'],
    );
    expect(answers).toEqual(expectedAnswers(rule));
  });
});

describe('rescue', () => {
  it('takes back every lease that is over: cancelled, failed after too many crashes or too late, or due again', async () => {
    const rule = ruleOf(() => ({ kind: 'rescue' }));
    const rescued = await expectAfter(({ pool }) => rescue(pool, { limit: states.length }), rule, [
      'rescue',
      'rescueFailed',
      'rescueCancelled',
    ]);
    expectListed(rescued, rule);
  });
});

describe('expire', () => {
  it('fails what nobody holds and whose deadline has passed', async () => {
    const rule = ruleOf(() => ({ kind: 'expire' }));
    expectListed(
      await expectAfter(({ pool }) => expire(pool, { limit: states.length }), rule, ['expire']),
      rule,
    );
  });
});

describe('takeUnheardBells', () => {
  it('finds what waits for its first attempt or another, when it is time to look at it', async () => {
    const rule = (state: State) => {
      const isWaiting = !isTerminal(state.status) && !held(state) && !state.late;
      return isWaiting && !isToStartLater(state) ? state.status : 'unchanged';
    };
    const times = { limit: states.length, lostMs: 1_000, repeatMs: 1_000, isQueueEmpty: false };
    expectListed(await expectAfter(({ pool }) => takeUnheardBells(pool, times), rule), rule);
  });
});

describe('noteRung', () => {
  it('notes it for what waits for its first attempt', async () => {
    await expectAfter(
      ({ pool }) => noteRung(pool, states.map(idOf), 1_000),
      (state) => (state.status === 'PENDING' ? 'PENDING' : 'unchanged'),
    );
  });
});

/** Maintenance answers with exactly what it changed. */
function expectListed(
  maintained: Array<{ id: string; status: ExecutionStatus }>,
  rule: (state: State) => ExecutionStatus | 'unchanged',
): void {
  const listed = new Map(maintained.map(({ id, status }) => [id, status]));
  expect(states.map((state) => listed.get(idOf(state)) ?? 'unchanged')).toEqual(states.map(rule));
}
