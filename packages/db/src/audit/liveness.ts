import { findRows, grace, type Invariant, isOpen } from './invariant.ts';

/** The moment of the statement's snapshot: a scan that takes minutes must not find late what was in time when it began. */
const late = (time: string) => `${time} < statement_timestamp() - ${grace}`;

const ago = (time: string) => `date_trunc('second', statement_timestamp() - ${time})::text`;

/** That everything ends: what is open waits for something that will come. */
export const liveness: readonly Invariant[] = [
  {
    id: 'I2',
    name: 'nothing-is-stuck',
    title: 'Nothing stays open after its deadline, its lease, or the time of its next attempt',
    sql: findRows(
      'executions e',
      [
        [
          late('e.deadline_at'),
          `format('is %s, and its deadline passed %s ago', e.status, ${ago('e.deadline_at')})`,
        ],
        [
          late('e.lease_expires_at'),
          `format('its lease ran out %s ago, and nobody took it back', ${ago('e.lease_expires_at')})`,
        ],
        // Parked: its owner runs as many as the plan allows. However long the queue is, the others are looked for.
        [
          `e.lease_token IS NULL AND coalesce(e.parked_rank, 0) <= 0 AND ${late('e.check_at')}`,
          `format('was to be looked at %s ago, and nobody did', ${ago('e.check_at')})`,
        ],
      ],
      isOpen,
    ),
  },
];
