import { findRows, type Invariant, isOpen } from './invariant.ts';

const isHeld = 'e.lease_token IS NOT NULL';

/** That it is always clear who runs an execution, or when somebody will. */
export const leases: readonly Invariant[] = [
  {
    id: 'I11',
    name: 'held-or-due',
    title: 'A running execution has a lease, or a time for its next attempt',
    sql: findRows(
      'executions e',
      [[`${isHeld} = (e.next_attempt_at IS NOT NULL)`, `'has both a lease and a next attempt, or neither'`]],
      `e.status = 'RUNNING'`,
    ),
  },
  {
    id: 'I11',
    name: 'leases-are-whole',
    title: 'Leases have a token and an end, and only running executions have leases or next attempts',
    sql: findRows('executions e', [
      [`${isHeld} <> (e.lease_expires_at IS NOT NULL)`, `'has half a lease'`],
      [`${isHeld} AND e.status <> 'RUNNING'`, `format('is %s and has a lease', e.status)`],
      [
        `e.next_attempt_at IS NOT NULL AND e.status <> 'RUNNING'`,
        `format('is %s and has a next attempt', e.status)`,
      ],
      [
        `e.cancel_requested_at IS NOT NULL AND ${isOpen} AND NOT ${isHeld}`,
        `format('is %s although its owner wished to cancel it and nobody holds it', e.status)`,
      ],
    ]),
  },
  {
    id: 'I11',
    name: 'lease-of-the-latest-attempt',
    title: 'A lease belongs to the latest attempt, which is not given up',
    sql: findRows(
      `executions e LEFT JOIN execution_attempts a ON a.execution_id = e.id AND a.attempt = e.attempt`,
      [
        ['a.token IS DISTINCT FROM e.lease_token', `format('attempt %s has another token', e.attempt)`],
        [`a.outcome = 'LOST'`, `format('is held for attempt %s, which is LOST', e.attempt)`],
      ],
      `e.status = 'RUNNING' AND ${isHeld}`,
    ),
  },
];
