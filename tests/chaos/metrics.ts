import { execFileSync } from 'node:child_process';
import { accountFor } from './check/accounting.ts';
import type { Facts } from './check/facts.ts';
import { parseUsd, toUsd } from './check/money.ts';
import { percentile } from './check/percentile.ts';
import { recoveries } from './check/recoveries.ts';
import { firedFailpoints } from './nemesis/failpoint-rota.ts';
import { repositoryRoot } from './rig/repository-root.ts';
import type { Sampler } from './sampler.ts';

/** What a run measured; printed as one line of JSON, so that runs can be compared. */
export function metricsOf(facts: Facts, sampler: Sampler, run: Record<string, unknown>) {
  const { executions, attempts, calls, exchanges, logs, faults, quiescence } = facts;
  const { lostIds: _l, duplicatedOrdinals: _d, unexpectedIds: _u, ...account } = accountFor(facts);
  const submits = exchanges.filter(({ kind, status }) => kind === 'submit' && status !== null);
  return {
    ...run,
    sha: headOf(repositoryRoot),
    ...account,
    completed: executions.filter(({ status }) => status === 'COMPLETED').length,
    cancelled: executions.filter(({ status }) => status === 'CANCELLED').length,
    failed_by_code: countBy(executions, ({ errorCode }) => errorCode),
    provider_calls: calls.length,
    calls_per_execution: ratio(calls.length, executions.filter(({ attempt }) => attempt > 0).length),
    attempts_by_outcome: countBy(attempts, ({ outcome }) => outcome ?? 'OPEN'),
    wasted_cost_usd: wastedUsd(facts),
    fenced_writes: logs.fencedWrites,
    stalled: logs.stalledBells,
    rescued: logs.rescued,
    expired: logs.expired,
    rung_again: logs.rung,
    lock_lost: logs.locksLost,
    faults_by_kind: countBy(faults, ({ kind }) => kind),
    failpoints_fired: Object.fromEntries(firedFailpoints(facts.lives)),
    ends_by_reason: countBy(facts.lives, ({ reason }) => reason),
    settled_ms: quiescence.afterMs,
    recover_ms: spread(recoveries(facts)),
    queue_wait_ms: Object.fromEntries(
      [...Map.groupBy(executions, ({ priority }) => priority)].map(([priority, rows]) => [
        priority,
        spread(
          rows.flatMap(({ createdAt, startedAt, attempt }) =>
            startedAt !== null && attempt > 0 ? [startedAt.getTime() - createdAt.getTime()] : [],
          ),
        ),
      ]),
    ),
    post_ms: spread(submits.map(({ startedAt, endedAt }) => endedAt - startedAt)),
    http: countBy(exchanges, ({ status, code }) => String(status ?? code)),
    pg_conns_max: sampler.maxConnections,
    rss_mb: { max: Math.round(sampler.samples.reduce((max, { rssMb }) => Math.max(max, rssMb), 0)) },
  };
}

/** What attempts cost that did not settle their execution. */
function wastedUsd({ executions, attempts }: Facts): string {
  const winners = new Set(executions.map(({ finishedToken }) => finishedToken));
  const wasted = attempts.filter(({ token, costUsd }) => costUsd !== null && !winners.has(token));
  return toUsd(wasted.reduce((sum, { costUsd }) => sum + parseUsd(costUsd ?? '0'), 0n));
}

export function spread(values: readonly number[]) {
  const [p50, p95, p99] = [50, 95, 99].map((rank) => Math.round(percentile(values, rank)));
  return { count: values.length, p50, p95, p99, max: Math.round(percentile(values, 100)) };
}

export function countBy<T>(items: readonly T[], keyOf: (item: T) => string | null): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) {
    const key = keyOf(item);
    if (key !== null) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : Number((part / whole).toFixed(3));
}

function headOf(root: string): string | null {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
