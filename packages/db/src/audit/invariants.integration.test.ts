import { describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { type Fixture, setup } from '../database.fixture.ts';
import { createHistories } from './histories.fixture.ts';
import { invariants } from './invariants.ts';
import { type InvariantReport, runAudit } from './run-audit.ts';

type Histories = Awaited<ReturnType<typeof createHistories>>;

interface Damage {
  /** Which of the histories, or the user to whom all of them belong. */
  of: keyof Histories | 'user';
  /** `$1` is its id. */
  sql: string;
  /** What the report says about it. */
  says: string;
}

const execution = (set: string) => `UPDATE executions SET ${set} WHERE id = $1`;
const attempt = (set: string) => `UPDATE execution_attempts SET ${set} WHERE execution_id = $1`;
const transition = (from: string, to: string) =>
  `INSERT INTO execution_transitions (execution_id, from_status, to_status) VALUES ($1, '${from}', '${to}')`;
const secondAttempt = `INSERT INTO execution_attempts (execution_id, attempt, token, worker_id, started_at)
  VALUES ($1, 2, 'second', 'w', now())`;
const facts = (statement: string) => `${statement} WHERE execution_id = $1`;
const secondFacts = `INSERT INTO execution_facts (execution_id, series_id, created_at, status, validation_status,
    cost_is_complete) VALUES ($1, 1, now(), 'COMPLETED', 'SKIPPED', true)`;
const logLine = (message: string, metadata = '{}', at = 'clock_timestamp()') =>
  `INSERT INTO execution_logs (id, execution_id, message, metadata, timestamp)
   VALUES (gen_random_uuid(), $1, '${message}', '${metadata}', ${at})`;
const apiKey = `fo_live_${'k'.repeat(36)}`;
const modelKey = `sk-proj-${'k'.repeat(30)}`;

/** By the name of the check that must see it. What the constraints and triggers forbid, too. */
const damages: Record<string, Damage[]> = {
  'nothing-is-stuck': [
    {
      of: 'waiting',
      sql: execution(`deadline_at = now() - interval '1 h'`),
      says: 'is PENDING, and its deadline passed 01:00:0',
    },
    {
      of: 'waiting',
      sql: execution(`check_at = now() - interval '10 min'`),
      says: 'was to be looked at 00:10:0',
    },
    {
      of: 'held',
      sql: execution(`lease_expires_at = now() - interval '10 min'`),
      says: 'its lease ran out 00:10:0',
    },
    {
      of: 'between',
      sql: execution(`check_at = now() - interval '10 min'`),
      says: 'was to be looked at 00:10:0',
    },
  ],
  'legal-transitions': [
    { of: 'failed', sql: transition('FAILED', 'COMPLETED'), says: 'went from FAILED to COMPLETED' },
  ],
  'one-end': [{ of: 'passed', sql: transition('RUNNING', 'FAILED'), says: 'ended 2 times' }],
  'transitions-lead-to-the-status': [
    {
      of: 'passed',
      sql: `DELETE FROM execution_transitions WHERE execution_id = $1 AND to_status = 'RUNNING'`,
      says: 'is COMPLETED, where its 1 transitions do not lead',
    },
    { of: 'failed', sql: execution(`status = 'COMPLETED'`), says: 'is COMPLETED, where its 2 transitions' },
    { of: 'waiting', sql: transition('PENDING', 'RUNNING'), says: 'is PENDING, where its 1 transitions' },
    {
      of: 'held',
      sql: 'DELETE FROM execution_transitions WHERE execution_id = $1',
      says: 'is RUNNING, where its 0 transitions',
    },
    {
      of: 'notJudged',
      sql: `UPDATE execution_transitions SET id = id + CASE from_status WHEN 'PENDING' THEN 1000 ELSE 0 END
        WHERE execution_id = $1`,
      says: 'is COMPLETED, where its 2 transitions',
    },
  ],
  'a-wish-cancels': [
    {
      of: 'passed',
      sql: execution('cancel_requested_at = now()'),
      says: 'is COMPLETED although its owner wished',
    },
    {
      of: 'cancelledHeld',
      sql: execution('cancel_requested_at = NULL'),
      says: 'is CANCELLED although nobody wished it',
    },
  ],
  'status-and-times-agree': [
    { of: 'waiting', sql: execution('started_at = now()'), says: 'is PENDING, started_at does not fit' },
    { of: 'failed', sql: execution('completed_at = NULL'), says: 'is FAILED, completed_at does not fit' },
    {
      of: 'held',
      sql: execution(`started_at = created_at - interval '1 ms'`),
      says: 'started before it was created',
    },
    {
      of: 'passed',
      sql: execution(`completed_at = started_at - interval '1 ms'`),
      says: 'ended before it started',
    },
    { of: 'passed', sql: execution('latency_ms = 0'), says: 'latency_ms is 0' },
    { of: 'passed', sql: execution(`run_at = started_at + interval '1 s'`), says: 'its time' },
    { of: 'waitingForItsTime', sql: execution('deadline_at = run_at'), says: 'its deadline is before' },
  ],
  'costs-are-amounts': [
    { of: 'passed', sql: execution(`cost_usd = 'NaN'`), says: 'cost_usd is NaN' },
    { of: 'passed', sql: execution('spent_usd = -1'), says: 'spent_usd is -1' },
    { of: 'passed', sql: attempt(`cost_usd = 'NaN'`), says: 'attempt 1 cost NaN' },
  ],
  'spent-is-the-sum-of-the-attempts': [
    {
      of: 'retried',
      sql: `${attempt('cost_usd = 0.0000002')} AND attempt = 2`,
      says: 'spent_usd is 0.000000500000, its attempts cost 0.000000600000',
    },
    {
      of: 'withoutPrice',
      sql: attempt('cost_usd = 0.1'),
      says: 'spent_usd is nothing, its attempts cost 0.100000000000',
    },
    {
      of: 'passed',
      sql: attempt('cost_usd = NULL'),
      says: 'spent_usd is 0.100000000000, its attempts cost nothing',
    },
  ],
  'days-are-summed-up': [
    {
      of: 'user',
      sql: 'UPDATE user_spend SET usd = usd + 0.000000000001 WHERE user_id = $1',
      says: 'where the attempts cost ',
    },
    { of: 'user', sql: 'DELETE FROM user_spend WHERE user_id = $1', says: 'spent nothing on' },
    {
      of: 'user',
      sql: `INSERT INTO user_spend (user_id, day, part, usd) VALUES ($1, '2126-01-31', 0, 1)`,
      says: 'spent 1.000000000000 on 2126-01-31, where the attempts cost nothing',
    },
  ],
  'cost-is-rounded-once': [
    {
      of: 'retried',
      sql: execution('cost_usd = 0'),
      says: 'cost_usd is 0.000000 where 0.000000500000 was spent',
    },
    {
      of: 'dear',
      sql: execution('cost_usd = 9999.999999'),
      says: 'cost_usd is 9999.999999 where 10000.000000000000 was spent',
    },
    { of: 'between', sql: execution('cost_usd = 0.1'), says: 'cost_usd is 0.100000 where 0.100000000000' },
  ],
  'completeness-is-told': [
    {
      of: 'lostAndDone',
      sql: execution('cost_is_complete = true'),
      says: 'cost_is_complete is t, by the ledger it is f',
    },
    { of: 'estimated', sql: execution('cost_is_complete = true'), says: 'is t, by the ledger it is f' },
    { of: 'withoutPrice', sql: execution('cost_is_complete = true'), says: 'is t, by the ledger it is f' },
    { of: 'passed', sql: execution('cost_is_complete = false'), says: 'is f, by the ledger it is t' },
  ],
  'attempts-within-limits': [
    { of: 'failedAtLast', sql: execution('max_attempts = 2'), says: '3 attempts where 2 are allowed' },
    { of: 'failed', sql: execution('charged_attempts = 4'), says: '4 of 3 attempts charged' },
    { of: 'crashed', sql: execution('crash_attempts = 5'), says: 'lost 5 workers' },
  ],
  'charges-agree-with-the-ledger': [
    {
      of: 'retried',
      sql: execution('charged_attempts = 0'),
      says: 'charged_attempts is 0, the ledger has 1',
    },
    {
      of: 'lostAndDone',
      sql: execution('crash_attempts = 0'),
      says: 'crash_attempts is 0, the ledger has 1',
    },
  ],
  'one-attempt-settled-it': [
    { of: 'passed', sql: execution(`finished_token = 'x'`), says: '0 attempts have its finished_token' },
    { of: 'passed', sql: execution('finished_token = NULL'), says: 'is COMPLETED by no attempt' },
    {
      of: 'held',
      sql: execution('finished_token = lease_token'),
      says: 'is RUNNING and has a finished_token',
    },
    {
      of: 'retried',
      sql: execution(
        `finished_token = (SELECT token FROM execution_attempts WHERE execution_id = $1 AND attempt = 1)`,
      ),
      says: 'attempt 1 of 2 settled it',
    },
    {
      of: 'passed',
      sql: attempt(`outcome = 'FAILED'`),
      says: 'is COMPLETED by an attempt that ended as FAILED',
    },
    { of: 'failed', sql: attempt(`outcome = 'LOST'`), says: 'is FAILED by an attempt that ended as LOST' },
    {
      of: 'cancelledHeld',
      sql: attempt(`outcome = 'LOST'`),
      says: 'is CANCELLED by an attempt that ended as LOST',
    },
    { of: 'crashed', sql: execution('latency_ms = 1'), says: 'has a latency although no attempt settled it' },
    { of: 'expiredLost', sql: execution(`output = 'x'`), says: 'is FAILED, output does not fit' },
    { of: 'passed', sql: execution('output = NULL'), says: 'is COMPLETED, output does not fit' },
  ],
  'one-execution-for-each-key': [
    {
      of: 'passed',
      sql: `UPDATE executions SET idempotency_key = 'k', request_hash = 'h'
        WHERE id = $1 OR id = (SELECT max(id) FROM executions)`,
      says: 'is one of 2 with this idempotency key',
    },
  ],
  'keys-have-hashes-and-are-forgotten': [
    { of: 'passed', sql: execution(`idempotency_key = 'k'`), says: 'has a key without a hash' },
    { of: 'waiting', sql: execution(`request_hash = 'h'`), says: 'or a hash without a key' },
    {
      of: 'passed',
      sql: execution(`idempotency_key = 'k', request_hash = 'h', created_at = now() - interval '26 h'`),
      says: 'has had its key since',
    },
  ],
  'held-or-due': [
    { of: 'between', sql: execution('next_attempt_at = NULL'), says: 'or neither' },
    { of: 'held', sql: execution('next_attempt_at = now()'), says: 'has both a lease and a next attempt' },
  ],
  'leases-are-whole': [
    { of: 'held', sql: execution('lease_expires_at = NULL'), says: 'has half a lease' },
    {
      of: 'passed',
      sql: execution(`lease_token = 'x', lease_expires_at = now()`),
      says: 'is COMPLETED and has a lease',
    },
    { of: 'passed', sql: execution('next_attempt_at = now()'), says: 'is COMPLETED and has a next attempt' },
    {
      of: 'waiting',
      sql: execution('cancel_requested_at = now()'),
      says: 'is PENDING although its owner wished to cancel it and nobody holds it',
    },
  ],
  'lease-of-the-latest-attempt': [
    { of: 'held', sql: attempt(`token = 'x'`), says: 'attempt 1 has another token' },
    { of: 'held', sql: attempt(`outcome = 'LOST'`), says: 'is held for attempt 1, which is LOST' },
    {
      of: 'heldAgain',
      sql: 'DELETE FROM execution_attempts WHERE execution_id = $1 AND attempt = 3',
      says: 'attempt 3 has another token',
    },
  ],
  'attempts-are-dense': [
    {
      of: 'retried',
      sql: 'DELETE FROM execution_attempts WHERE execution_id = $1 AND attempt = 1',
      says: 'was attempted 2 times, the ledger has 1 from 2 to 2',
    },
    { of: 'passed', sql: secondAttempt, says: 'was attempted 1 times, the ledger has 2 from 1 to 2' },
    { of: 'notJudged', sql: execution('attempt = 0'), says: 'is COMPLETED without an attempt' },
  ],
  'attempts-end': [
    { of: 'passed', sql: attempt('outcome = NULL, ended_at = NULL'), says: 'attempt 1 never ended' },
    { of: 'failed', sql: attempt('ended_at = NULL'), says: 'attempt 1 has an outcome without an end' },
  ],
  'validation-status-tells-the-verdicts': [
    {
      of: 'passed',
      sql: `UPDATE execution_verdicts SET outcome = 'ERRORED' WHERE execution_id = $1`,
      says: 'validation_status is PASSED, by status and verdicts it is FAILED',
    },
    {
      of: 'passed',
      sql: 'DELETE FROM execution_verdicts WHERE execution_id = $1',
      says: 'validation_status is PASSED, by status and verdicts it is SKIPPED',
    },
    {
      of: 'notPassed',
      sql: execution(`validation_status = 'PASSED'`),
      says: 'validation_status is PASSED, by status and verdicts it is FAILED',
    },
    {
      of: 'waiting',
      sql: execution(`validation_status = 'SKIPPED'`),
      says: 'validation_status is SKIPPED, by status and verdicts it is PENDING',
    },
    {
      of: 'passed',
      sql: execution(`status = 'CANCELLED', validation_status = 'SKIPPED'`),
      says: 'is CANCELLED with 1 verdicts',
    },
  ],
  'one-verdict-of-each-validation': [
    {
      of: 'notPassed',
      sql: `UPDATE execution_verdicts SET validation_id = 'shape' WHERE execution_id = $1`,
      says: 'validation shape gave 2 verdicts',
    },
  ],
  'verdicts-are-complete': [
    {
      of: 'notPassed',
      sql: `DELETE FROM execution_verdicts WHERE execution_id = $1 AND validation_id = 'shape'`,
      says: '2 validations were run, 1 verdicts are stored',
    },
  ],
  'validated-output-passed': [
    { of: 'notPassed', sql: execution(`validated_output = '{}'`), says: 'its validation is FAILED' },
    {
      of: 'passed',
      sql: `UPDATE execution_verdicts SET type = 'REGEX' WHERE execution_id = $1`,
      says: 'no SCHEMA or FUNCTION passed it',
    },
  ],
  'revalidations-tell-their-verdicts': [
    {
      of: 'passed',
      sql: `DELETE FROM execution_verdicts WHERE execution_id = $1 AND outcome = 'FAILED'`,
      says: 'is FAILED, by its verdicts it is PASSED',
    },
    {
      of: 'passed',
      sql: `UPDATE execution_revalidations SET validated_output = '1' WHERE execution_id = $1`,
      says: 'is SKIPPED with an output',
    },
    {
      of: 'passed',
      sql: `UPDATE execution_verdicts SET execution_id = (SELECT min(id) FROM executions WHERE id <> $1)
        WHERE revalidation_id IN (SELECT id FROM execution_revalidations WHERE execution_id = $1)`,
      says: 'has a verdict about execution',
    },
  ],
  'failures-have-a-code': [
    { of: 'failed', sql: execution('error_code = NULL'), says: 'is FAILED, error_code does not fit' },
    {
      of: 'passed',
      sql: execution(`error_code = 'INTERNAL'`),
      says: 'is COMPLETED, error_code does not fit',
    },
    { of: 'passed', sql: execution(`error_message = 'No'`), says: 'has an error message without a code' },
  ],
  'prompts-of-the-owner': [
    { of: 'waiting', sql: execution(`user_id = 'demo-user-id'`), says: 'of another user' },
  ],
  'no-keys-in-texts': [
    { of: 'passed', sql: logLine(`Refused ${apiKey}`), says: 'message of log line' },
    { of: 'passed', sql: logLine('Refused', `{"reason":"no.\\n${modelKey}"}`), says: 'metadata of log line' },
    { of: 'failed', sql: execution(`error_message = '${modelKey}'`), says: 'error_message' },
    { of: 'failed', sql: attempt(`error_message = 'key ${apiKey}.'`), says: 'error_message of attempt 1' },
    {
      of: 'failed',
      sql: attempt(`provider_request_id = '${modelKey}'`),
      says: 'provider_request_id of attempt 1',
    },
  ],
  'removed-content-is-gone': [
    { of: 'held', sql: execution('redacted_at = now()'), says: 'is RUNNING and was redacted' },
    { of: 'redacted', sql: execution(`inputs = '{"a":1}'`), says: 'has inputs or a context' },
    { of: 'redacted', sql: execution(`output = 'x'`), says: 'has an output' },
    { of: 'redactedFailure', sql: execution(`error_message = 'x'`), says: 'has an error message' },
    {
      of: 'redactedFailure',
      sql: attempt(`error_message = 'x'`),
      says: 'something is left in execution_attempts',
    },
    {
      of: 'redacted',
      sql: `UPDATE execution_verdicts SET errors = '[{}]' WHERE execution_id = $1`,
      says: 'something is left in execution_verdicts',
    },
    {
      of: 'redacted',
      sql: `UPDATE execution_revalidations SET validated_output = '1' WHERE execution_id = $1`,
      says: 'something is left in execution_revalidations',
    },
    {
      of: 'redacted',
      sql: `UPDATE execution_logs SET metadata = '{"reason":"x"}' WHERE execution_id = $1`,
      says: 'something is left in execution_logs',
    },
    {
      of: 'redactedFailure',
      sql: `INSERT INTO webhook_deliveries (id, webhook_id, execution_id, event_type, data)
        VALUES ('d', 'w', $1, 'execution.failed', '{"error":{"code":"X","message":"x"}}')`,
      says: 'something is left in webhook_deliveries',
    },
  ],
  'reruns-of-the-owner': [
    {
      of: 'waiting',
      sql: `WITH other AS (UPDATE executions SET user_id = 'demo-user-id' WHERE id = (SELECT max(id) FROM executions) RETURNING id)
        UPDATE executions SET rerun_of = other.id FROM other WHERE executions.id = $1`,
      says: 'of another user',
    },
  ],
  'one-final-line': [
    { of: 'passed', sql: logLine('Execution completed'), says: 'is COMPLETED with 2 final lines' },
    {
      of: 'failed',
      sql: `DELETE FROM execution_logs WHERE execution_id = $1 AND message = 'Execution failed'`,
      says: 'is FAILED with 0 final lines',
    },
    { of: 'held', sql: logLine('Execution cancelled'), says: 'is RUNNING with 1 final lines' },
    {
      of: 'cancelledHeld',
      sql: `UPDATE execution_logs SET message = 'Execution completed'
        WHERE execution_id = $1 AND message = 'Execution cancelled'`,
      says: 'is CANCELLED, and its final line is "Execution completed"',
    },
    {
      of: 'passed',
      sql: logLine('Late', '{}', `now() + interval '10 s'`),
      says: 'something was logged after its final line',
    },
  ],
  'ends-are-told': [
    {
      of: 'passed',
      sql: 'DELETE FROM webhook_deliveries WHERE execution_id = $1',
      says: 'is COMPLETED, and webhook ',
    },
    {
      of: 'cancelledWaiting',
      sql: `UPDATE webhook_deliveries SET webhook_id = 'another' WHERE execution_id = $1`,
      says: 'is CANCELLED, and webhook ',
    },
  ],
  'facts-tell-executions': [
    { of: 'passed', sql: facts('DELETE FROM execution_facts'), says: 'is COMPLETED without facts' },
    { of: 'held', sql: secondFacts, says: 'is RUNNING with facts' },
    {
      of: 'failed',
      sql: facts('UPDATE execution_facts SET cost_usd = 7'),
      says: 'its facts are FAILED, 7.000000',
    },
    { of: 'cancelledHeld', sql: facts('UPDATE execution_facts SET series_id = 0'), says: 'and nothing' },
  ],
  'no-start-no-attempt': [
    { of: 'cancelledWaiting', sql: secondAttempt, says: 'was CANCELLED while PENDING, but was attempted' },
    {
      of: 'expiredWaiting',
      sql: execution('attempt = 1'),
      says: 'was FAILED while PENDING, but was attempted',
    },
    {
      of: 'cancelledWaiting',
      sql: execution(`completed_at = started_at + interval '1 s'`),
      says: 'was CANCELLED while PENDING, but has a running time',
    },
    { of: 'waiting', sql: secondAttempt, says: 'is PENDING, but attempt 2 is in the ledger' },
  ],
};

/** Takes away what would refuse the damage. */
async function disarm({ pool }: Fixture): Promise<void> {
  await pool.query(`
    ALTER TABLE executions DISABLE TRIGGER ALL;
    ALTER TABLE execution_transitions DISABLE TRIGGER ALL;
    ALTER TABLE execution_transitions DROP CONSTRAINT chk_execution_transition;
    ALTER TABLE execution_attempts DROP CONSTRAINT chk_attempt_cost;
    ALTER TABLE execution_revalidations DROP CONSTRAINT chk_revalidated_output;
    DROP INDEX uq_executions_idempotency_key;
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = 'executions'::regclass AND contype = 'c'
      LOOP EXECUTE format('ALTER TABLE executions DROP CONSTRAINT %I', name); END LOOP;
    END $$`);
}

describe('the invariants', () => {
  it('are each seen to be violated', () => {
    expect(Object.keys(damages).toSorted()).toEqual(invariants.map(({ name }) => name).toSorted());
  });

  it.each(invariants.map(({ id, name }) => ({ id, name })))('$id $name', async ({ id, name }) => {
    await using database = await setup();
    const histories = { ...(await createHistories(database)), user: database.userId };
    await disarm(database);
    for (const { of, sql, says } of damages[name] ?? []) {
      const reports = await auditDamaged(database, sql, histories[of]);
      const report = reports.find((one) => one.name === name);
      expect(report).toMatchObject({
        id,
        violations: report?.offenders.length,
        offenders: expect.arrayContaining([expect.stringMatching(startsAndHas(histories[of], says))]),
      });
    }
    expect((await runAudit(database.pool)).filter(({ violations }) => violations > 0)).toEqual([]);
  });
});

/** Audits in the transaction of the damage, which is then undone. */
async function auditDamaged({ pool }: Fixture, damage: string, id: string): Promise<InvariantReport[]> {
  const client = await pool.connect();
  const query = async (text: string | pg.QueryConfig) =>
    typeof text === 'string' ? undefined : client.query(text);
  const connect = async () => ({ query, release: () => undefined });
  try {
    await client.query('BEGIN');
    await client.query(damage, [id]);
    return await runAudit({ connect: connect as unknown as pg.Pool['connect'] });
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

function startsAndHas(start: string, part: string): RegExp {
  return new RegExp(`^${start}: .*${part.replaceAll(/[.*+?()[\]]/g, '\\$&')}`);
}
