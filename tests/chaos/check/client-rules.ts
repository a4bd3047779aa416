import { isAcked } from '../load/exchange.ts';
import { accountFor } from './accounting.ts';
import type { Facts, Rule } from './facts.ts';

/** A dependency is still away for a moment after it came back, in milliseconds. */
const afterFaultMs = 2_000;

/** And whoever waited meanwhile comes at once then: so long requests may be told to come later, in milliseconds. */
const crowdedMs = 20_000;

/** Invariants between what clients were told and what is stored. */
export const clientRules: Rule[] = [
  {
    id: 'I1',
    promise: 'every accepted execution is stored',
    check: (facts) =>
      accountFor(facts).lostIds.map((executionId) => ({ executionId, detail: 'accepted, and not stored' })),
  },
  {
    id: 'I4',
    promise: 'an accepted cancel ends as CANCELLED, and only an end that came first refuses it',
    check: cancelsKept,
  },
  {
    id: 'I9',
    promise: 'one idempotency key is one execution',
    check: (facts) => [...duplicates(facts), ...keysWithManyIds(facts)],
  },
  {
    id: 'UNEXPECTED',
    promise: 'nothing is stored that nobody asked for',
    check: (facts) =>
      accountFor(facts).unexpectedIds.map((executionId) => ({
        executionId,
        detail: 'stored, and never asked for',
      })),
  },
  {
    id: 'REFUSALS',
    promise: 'bad requests are refused, sound ones are not',
    check: ({ exchanges }) =>
      exchanges.flatMap(({ ordinal, kind, status, code }) => {
        const isRefused = status !== null && status >= 400 && status < 500;
        const isWrong = kind === 'bad' ? status !== null && status < 400 : kind === 'submit' && isRefused;
        return isWrong ? [{ ordinal, detail: `a ${kind} request was answered ${status} ${code ?? ''}` }] : [];
      }),
  },
  {
    id: 'I15',
    promise: 'no 5xx but 503, and that only while the database is away',
    check: serverErrors,
  },
  {
    id: 'I16',
    promise: 'only the owner sees an execution',
    check: ({ sightings }) =>
      sightings
        .filter(({ isOwner, status }) => status !== (isOwner ? 200 : 404))
        .map(({ executionId, isOwner, status }) => ({
          executionId,
          detail: `${isOwner ? 'its owner' : 'another tenant'} was answered ${status}`,
        })),
  },
];

function cancelsKept({ exchanges, executions }: Facts): ReturnType<Rule['check']> {
  const statuses = new Map(executions.map(({ id, status }) => [id, status]));
  return exchanges.flatMap(({ kind, status, executionId, ordinal }) => {
    if (kind !== 'cancel' || executionId === null || status === null) return [];
    const end = statuses.get(executionId);
    const isWrong =
      ((status === 200 || status === 202) && end !== 'CANCELLED') ||
      (status === 409 && end === 'CANCELLED') ||
      (status >= 400 && status < 500 && status !== 409);
    return isWrong
      ? [{ executionId, ordinal, detail: `cancel was answered ${status}, and it is ${end}` }]
      : [];
  });
}

function duplicates(facts: Facts): ReturnType<Rule['check']> {
  return accountFor(facts).duplicatedOrdinals.map((ordinal) => ({
    ordinal,
    detail: 'stored more than once',
  }));
}

function keysWithManyIds({ exchanges }: Facts): ReturnType<Rule['check']> {
  const acked = exchanges.filter((one) => one.key !== null && isAcked(one));
  return [...Map.groupBy(acked, ({ tenant, key }) => `${tenant} ${key}`).values()].flatMap((replies) => {
    const ids = new Set(replies.map(({ executionId }) => executionId));
    const { ordinal } = replies[0] ?? {};
    return ids.size > 1 ? [{ ordinal, detail: `one key was answered with ${[...ids].join(', ')}` }] : [];
  });
}

function serverErrors({ exchanges, faults, lives }: Facts): ReturnType<Rule['check']> {
  const windows = [
    ...faults.filter(({ kind }) => kind.startsWith('postgres')),
    // A process that starts has to connect first.
    ...lives.map(({ startedAt }) => ({ startedAt, endedAt: startedAt })),
  ];
  return exchanges.flatMap(({ ordinal, kind, status, code, startedAt, endedAt }) => {
    if (status === null || status < 500) return [];
    const graceMs = code === 'DATABASE_BUSY' ? crowdedMs : afterFaultMs;
    const isExcused = windows.some(
      (window) => endedAt >= window.startedAt && startedAt <= window.endedAt + graceMs,
    );
    return status === 503 && isExcused ? [] : [{ ordinal, detail: `${kind} was answered ${status} ${code}` }];
  });
}
