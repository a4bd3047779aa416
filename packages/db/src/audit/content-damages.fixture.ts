import { attempt, type Damage, execution } from './damage.fixture.ts';

const facts = (statement: string) => `${statement} WHERE execution_id = $1`;
const secondFacts = `INSERT INTO execution_facts (execution_id, series_id, created_at, status, validation_status,
    cost_is_complete) VALUES ($1, 1, now(), 'COMPLETED', 'SKIPPED', true)`;
const logLine = (message: string, metadata = '{}', at = 'clock_timestamp()') =>
  `INSERT INTO execution_logs (id, execution_id, message, metadata, timestamp)
   VALUES (gen_random_uuid(), $1, '${message}', '${metadata}', ${at})`;
const apiKey = `fo_live_${'k'.repeat(36)}`;
const modelKey = `sk-proj-${'k'.repeat(30)}`;

/** To what an execution cost, said and is counted as, and to whom it belongs. By the name of the check that must see it; what constraints and triggers forbid, too. */
export const contentDamages: Record<string, Damage[]> = {
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
};
