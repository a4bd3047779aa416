import { legalMoves } from '@formaops/core';
import { findGroups, findRows, type Invariant, inScope, isTerminal } from './invariant.ts';

const moves = legalMoves()
  .map(([from, to]) => `('${from}', '${to}')`)
  .join(', ');

const joined = 'executions e JOIN execution_transitions t ON t.execution_id = e.id';
const withTransitions = 'executions e LEFT JOIN execution_transitions t ON t.execution_id = e.id';

const started = `t.from_status = 'PENDING' AND t.to_status = 'RUNNING'`;
const arrived = 't.to_status = e.status';

/** Every way there is to a status. Counted and not sorted, because the table has two rows for each execution. */
const leadsHere = `CASE e.status
  WHEN 'PENDING' THEN count(t.id) = 0
  WHEN 'RUNNING' THEN count(t.id) = 1 AND count(*) FILTER (WHERE ${started}) = 1
  ELSE count(*) FILTER (WHERE ${arrived}) = 1 AND CASE count(t.id)
    WHEN 1 THEN count(*) FILTER (WHERE t.from_status = 'PENDING') = 1 AND e.status <> 'COMPLETED'
    WHEN 2 THEN count(*) FILTER (WHERE ${started}) = 1
      AND min(t.id) FILTER (WHERE ${started}) < min(t.id) FILTER (WHERE t.from_status = 'RUNNING' AND ${arrived})
    ELSE false END
  END`;

/** That an execution goes the ways of the state machine, and that its row shows where it is. */
export const statuses: readonly Invariant[] = [
  {
    id: 'I3',
    name: 'legal-transitions',
    title: 'A status changes only as the state machine allows',
    sql: findRows(joined, [
      [
        `(t.from_status, t.to_status) NOT IN (${moves})`,
        `format('went from %s to %s', t.from_status, t.to_status)`,
      ],
    ]),
  },
  {
    id: 'I3',
    name: 'one-end',
    title: 'An execution ends once',
    sql: findGroups(joined, [['count(*) > 1', `format('ended %s times', count(*))`]], {
      where: `t.to_status IN ('COMPLETED', 'FAILED', 'CANCELLED')`,
    }),
  },
  {
    id: 'I3',
    name: 'transitions-lead-to-the-status',
    title: 'The recorded transitions lead from PENDING, without a gap, to the status',
    sql: findGroups(withTransitions, [
      [`NOT (${leadsHere})`, `format('is %s, where its %s transitions do not lead', e.status, count(t.id))`],
    ]),
  },
  {
    id: 'I4',
    name: 'a-wish-cancels',
    title: 'A wish to cancel leads to CANCELLED, and nothing else does',
    sql: findRows('executions e', [
      [
        `e.cancel_requested_at IS NOT NULL AND e.status IN ('COMPLETED', 'FAILED')`,
        `format('is %s although its owner wished to cancel it', e.status)`,
      ],
      [
        `e.cancel_requested_at IS NULL AND e.status = 'CANCELLED'`,
        `'is CANCELLED although nobody wished it'`,
      ],
    ]),
  },
  {
    id: 'I5',
    name: 'status-and-times-agree',
    title: 'Start and end are there when the status says so, and in order',
    sql: findRows('executions e', [
      [
        `(e.started_at IS NULL) <> (e.status = 'PENDING')`,
        `format('is %s, started_at does not fit', e.status)`,
      ],
      [
        `(e.completed_at IS NOT NULL) <> (${isTerminal})`,
        `format('is %s, completed_at does not fit', e.status)`,
      ],
      ['e.started_at < e.created_at', `'started before it was created'`],
      ['e.completed_at < e.started_at', `'ended before it started'`],
      ['e.attempt > 0 AND e.started_at < e.run_at', `format('started before %s, its time', e.run_at)`],
      ['e.deadline_at <= e.run_at', `'its deadline is before its time'`],
      ['e.latency_ms <= 0', `format('latency_ms is %s', e.latency_ms)`],
    ]),
  },
  {
    id: 'I14',
    name: 'failures-have-a-code',
    title: 'FAILED executions have an error code, and no others have',
    sql: findRows('executions e', [
      [
        `(e.status = 'FAILED') <> (e.error_code IS NOT NULL)`,
        `format('is %s, error_code does not fit', e.status)`,
      ],
      ['e.error_message IS NOT NULL AND e.error_code IS NULL', `'has an error message without a code'`],
    ]),
  },
  {
    id: 'I22',
    name: 'no-start-no-attempt',
    title: 'What ended while it waited was never given to a worker, and what waits neither',
    sql: `${findRows(
      `${joined} LEFT JOIN execution_attempts a ON a.execution_id = e.id`,
      [
        [
          'a.attempt IS NOT NULL OR e.attempt > 0',
          `format('was %s while PENDING, but was attempted', e.status)`,
        ],
        [
          'e.started_at <> e.completed_at',
          `format('was %s while PENDING, but has a running time', e.status)`,
        ],
      ],
      `t.from_status = 'PENDING' AND t.to_status <> 'RUNNING'`,
    )}
    UNION ALL
    SELECT e.id, format('is PENDING, but attempt %s is in the ledger', a.attempt)
      FROM executions e JOIN execution_attempts a ON a.execution_id = e.id
      WHERE ${inScope} AND e.status = 'PENDING'`,
  },
];
