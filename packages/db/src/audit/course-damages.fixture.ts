import { attempt, type Damage, execution } from './damage.fixture.ts';

const transition = (from: string, to: string) =>
  `INSERT INTO execution_transitions (execution_id, from_status, to_status) VALUES ($1, '${from}', '${to}')`;
const secondAttempt = `INSERT INTO execution_attempts (execution_id, attempt, token, worker_id, started_at)
  VALUES ($1, 2, 'second', 'w', now())`;

/** To the course of an execution: statuses, leases, attempts. By the name of the check that must see it; what constraints and triggers forbid, too. */
export const courseDamages: Record<string, Damage[]> = {
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
  'failures-have-a-code': [
    { of: 'failed', sql: execution('error_code = NULL'), says: 'is FAILED, error_code does not fit' },
    {
      of: 'passed',
      sql: execution(`error_code = 'INTERNAL'`),
      says: 'is COMPLETED, error_code does not fit',
    },
    { of: 'passed', sql: execution(`error_message = 'No'`), says: 'has an error message without a code' },
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
