import { isAcked, isIndeterminate } from '../load/exchange.ts';
import type { Facts } from './facts.ts';

/** Every submission, by what became of it. Counts are submissions of the plan, however often each was sent. */
export interface Accounting {
  /** Sent at least once. */
  attempted: number;
  /** The client knows that it was taken on. */
  acked: number;
  /** The client does not know. */
  indeterminate: number;
  /** Acked, and stored. */
  ok: number;
  /** Acked, and not stored. */
  lost: number;
  /** Indeterminate, and stored. */
  recovered: number;
  /** Stored more than once. */
  duplicated: number;
  /** Stored, although nobody asked for it. */
  unexpected: number;
}

/** The account and, for each number that has to be 0, which submissions are meant. */
export interface Account extends Accounting {
  lostIds: string[];
  duplicatedOrdinals: number[];
  unexpectedIds: string[];
}

export function accountFor({ operations, exchanges, executions }: Facts): Account {
  const submissions = exchanges.filter(({ kind }) => kind === 'submit');
  const acked = new Set(submissions.filter(isAcked).map(({ ordinal }) => ordinal));
  const indeterminate = new Set(
    submissions
      .filter((one) => isIndeterminate(one) && !acked.has(one.ordinal))
      .map(({ ordinal }) => ordinal),
  );
  const stored = new Set(executions.map(({ id }) => id));
  const ackedIds = new Set(submissions.filter(isAcked).map(({ executionId }) => executionId ?? ''));
  const perOrdinal = Map.groupBy(executions, ({ ordinal }) => ordinal);
  const sound = new Set(operations.filter(({ kind }) => kind === 'submit').map(({ ordinal }) => ordinal));

  const lostIds = [...ackedIds].filter((id) => !stored.has(id));
  const duplicatedOrdinals = [...perOrdinal].flatMap(([ordinal, rows]) =>
    ordinal !== null && rows.length > 1 ? [ordinal] : [],
  );
  const unexpectedIds = executions
    .filter(({ ordinal }) => ordinal === null || !sound.has(ordinal))
    .map(({ id }) => id);
  return {
    attempted: new Set(submissions.map(({ ordinal }) => ordinal)).size,
    acked: acked.size,
    indeterminate: indeterminate.size,
    ok: ackedIds.size - lostIds.length,
    lost: lostIds.length,
    recovered: [...indeterminate].filter((ordinal) => perOrdinal.has(ordinal)).length,
    duplicated: duplicatedOrdinals.length,
    unexpected: unexpectedIds.length,
    lostIds,
    duplicatedOrdinals,
    unexpectedIds,
  };
}
