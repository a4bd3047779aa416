import { isIdle } from '../heal.ts';
import type { Facts, Rule } from './facts.ts';
import { percentile } from './percentile.ts';
import { recoveries } from './recoveries.ts';

/** Quiet tenants may wait this much longer than the noisy one, in milliseconds: short waits differ by chance. */
const fairMarginMs = 1_000;

const recoveryLimitMs = 180_000;

/** Invariants of the processes, the queue and the logs. */
export const systemRules: Rule[] = [
  {
    id: 'I2',
    promise: 'everything ends, soon after the last fault',
    check: ({ quiescence: { afterMs, stuck } }) => [
      ...(afterMs === null ? [{ detail: 'it took longer than it may until all was quiet' }] : []),
      ...stuck.map((row) => ({
        executionId: String(row['id']),
        detail: `has not ended: ${JSON.stringify(row)}`,
      })),
    ],
  },
  {
    id: 'I10',
    promise: 'no bell is left in the queue',
    check: ({ quiescence: { queue } }) =>
      isIdle(queue) ? [] : [{ detail: `the queue holds ${JSON.stringify(queue)}` }],
  },
  {
    id: 'I17',
    promise: 'no prompt and no key reaches a log or the queue',
    check: ({ logs, leaks }) => [...logs.secrets, ...leaks].map((detail) => ({ detail })),
  },
  {
    id: 'I19',
    promise: 'what loses its worker runs again, or ends, within three minutes',
    check: (facts) => {
      const late = recoveries(facts).filter((ms) => ms > recoveryLimitMs);
      return late.map((ms) => ({ detail: `an execution was without a worker for ${ms} ms` }));
    },
  },
  {
    id: 'I20',
    promise: 'quiet tenants do not wait behind the noisy one',
    check: fairness,
  },
  {
    id: 'I21',
    promise: 'no process ends unasked, leaves one behind, or has an error that nobody handles',
    check: ({ lives, survivors, logs }) => [
      ...lives
        .filter(({ reason }) => reason === 'unexpected')
        .map(({ process, life, code }) => ({ detail: `${process}, life ${life}, ended by itself: ${code}` })),
      ...survivors.map(({ pid }) => ({ detail: `process ${pid} was left behind` })),
      ...logs.unhandled.map((line) => ({ detail: line })),
    ],
  },
];

function fairness({ executions, tenants: [noisy] }: Facts): ReturnType<Rule['check']> {
  const waits = (isNoisy: boolean) =>
    executions.flatMap(({ userId, createdAt, startedAt, attempt }) =>
      (userId === noisy) === isNoisy && startedAt !== null && attempt > 0
        ? [startedAt.getTime() - createdAt.getTime()]
        : [],
    );
  const [noisyMs, quietMs] = [percentile(waits(true), 95), percentile(waits(false), 95)];
  return quietMs > 2 * noisyMs + fairMarginMs
    ? [{ detail: `p95 of the wait: ${quietMs} ms for the quiet tenants, ${noisyMs} ms for the noisy one` }]
    : [];
}
