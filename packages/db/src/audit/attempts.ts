import { maxCrashAttempts } from '@formaops/core';
import { findGroups, findRows, type Invariant, isOpen, show } from './invariant.ts';

const withAttempts = 'executions e LEFT JOIN execution_attempts a ON a.execution_id = e.id';

/** The attempt whose holder settled the execution. */
const withWinner = `${withAttempts} AND a.token = e.finished_token`;

/**
 * A failure is charged when its holder gives the execution back or ends it as FAILED: not before, and not when it ends as
 * CANCELLED.
 */
const charged = `a.outcome = 'FAILED' AND a.token IS DISTINCT FROM e.lease_token
  AND NOT (e.status = 'CANCELLED' AND a.token IS NOT DISTINCT FROM e.finished_token)`;

const isFinished = 'e.finished_token IS NOT NULL';

/** How the attempt of the winner must have ended. */
const winnerFits = `CASE e.status
  WHEN 'COMPLETED' THEN bool_and(a.outcome = 'SUCCEEDED')
  WHEN 'FAILED' THEN bool_and(a.outcome = 'FAILED')
  ELSE coalesce(bool_and(a.outcome <> 'LOST'), false) END`;

/** That the ledger has every call that may have been made, and that no more were made than were allowed. */
export const attempts: readonly Invariant[] = [
  {
    id: 'I7',
    name: 'attempts-within-limits',
    title: 'No more attempts than max_attempts, besides those that ended with their worker',
    sql: findGroups(withAttempts, [
      [
        `count(a.attempt) FILTER (WHERE a.outcome IS NULL OR a.outcome NOT IN ('LOST', 'SHUTDOWN')) > e.max_attempts`,
        `format('%s attempts where %s are allowed, and %s may be lost', count(a.attempt), e.max_attempts,
          ${maxCrashAttempts + 1})`,
      ],
      [
        'e.charged_attempts > e.max_attempts',
        `format('%s of %s attempts charged', e.charged_attempts, e.max_attempts)`,
      ],
      [`e.crash_attempts > ${maxCrashAttempts + 1}`, `format('lost %s workers', e.crash_attempts)`],
    ]),
  },
  {
    id: 'I7',
    name: 'charges-agree-with-the-ledger',
    title: 'charged_attempts counts the failed attempts in the ledger, crash_attempts the lost ones',
    sql: findGroups(withAttempts, [
      [
        `e.charged_attempts <> count(*) FILTER (WHERE ${charged})`,
        `format('charged_attempts is %s, the ledger has %s', e.charged_attempts, count(*) FILTER (WHERE ${charged}))`,
      ],
      [
        `e.crash_attempts <> count(*) FILTER (WHERE a.outcome = 'LOST')`,
        `format('crash_attempts is %s, the ledger has %s', e.crash_attempts,
          count(*) FILTER (WHERE a.outcome = 'LOST'))`,
      ],
    ]),
  },
  {
    id: 'I8',
    name: 'one-attempt-settled-it',
    title: 'A result belongs to the one attempt that settled the execution, which was its latest',
    sql: findGroups(withWinner, [
      [
        `${isFinished} AND count(a.attempt) <> 1`,
        `format('%s attempts have its finished_token', count(a.attempt))`,
      ],
      [`e.finished_token IS NULL AND e.status = 'COMPLETED'`, `'is COMPLETED by no attempt'`],
      [`${isFinished} AND ${isOpen}`, `format('is %s and has a finished_token', e.status)`],
      ['max(a.attempt) <> e.attempt', `format('attempt %s of %s settled it', max(a.attempt), e.attempt)`],
      [
        `count(a.attempt) > 0 AND (${winnerFits}) IS NOT TRUE`,
        `format('is %s by an attempt that ended as %s', e.status, ${show('max(a.outcome)')})`,
      ],
      [
        `${isFinished} <> (e.latency_ms IS NOT NULL)`,
        `'has a latency although no attempt settled it, or none although one did'`,
      ],
      [
        `e.output IS NOT NULL AND e.finished_token IS NULL OR e.output IS NULL AND e.redacted_at IS NULL AND e.status = 'COMPLETED'`,
        `format('is %s, output does not fit', e.status)`,
      ],
    ]),
  },
  {
    id: 'I12',
    name: 'attempts-are-dense',
    title: 'The ledger has every attempt from 1 to the latest',
    sql: findGroups(withAttempts, [
      [
        `count(a.attempt) <> e.attempt OR max(a.attempt) <> e.attempt OR min(a.attempt) <> 1`,
        `format('was attempted %s times, the ledger has %s from %s to %s', e.attempt, count(a.attempt),
          ${show('min(a.attempt)')}, ${show('max(a.attempt)')})`,
      ],
      [
        `e.status IN ('RUNNING', 'COMPLETED') AND e.attempt = 0`,
        `format('is %s without an attempt', e.status)`,
      ],
    ]),
  },
  {
    id: 'I12',
    name: 'attempts-end',
    title: 'Every attempt in the ledger has ended, except the one that holds the lease',
    sql: findRows('executions e JOIN execution_attempts a ON a.execution_id = e.id', [
      [
        'a.outcome IS NULL AND a.token IS DISTINCT FROM e.lease_token',
        `format('attempt %s never ended', a.attempt)`,
      ],
      [
        '(a.outcome IS NULL) <> (a.ended_at IS NULL)',
        `format('attempt %s has an outcome without an end, or an end without an outcome', a.attempt)`,
      ],
    ]),
  },
];
