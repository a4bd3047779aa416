import type { LoadResult } from '../load/load-plan.ts';
import { reportCalls } from '../subjects/instant-provider.ts';
import { requireNoFailures } from './database.ts';
import { refuseRefusals } from './refuse-refusals.ts';
import type { Figures, Scenario } from './scenario.ts';
import { until } from './until.ts';

const ratePerSecond = 50;

/** How long an idle system takes to begin: batching must not make a lone request wait. */
export const pickup: Scenario = {
  name: 'pickup',
  title: `Pickup: open loop, ${ratePerSecond} POST/s, 1 worker`,
  headline: 'p99Ms',
  quick: 'product',
  isFor: () => true,
  async run(run) {
    const { target, size } = run;
    const calledAt = new Map<string, number>();
    const [api, worker] = await Promise.all([
      run.startApi(),
      run.startWorker({ env: { [reportCalls]: 'true' } }),
    ]);
    worker.onMessage(({ called, atMs }) => calledAt.set(String(called), Number(atMs)));
    const result = await run.load('open-loop', {
      port: Number(api.ready['port']),
      ratePerSecond,
      // At this rate a process takes long to become warm.
      warmUpSeconds: 2 * size.warmUpSeconds,
      seconds: size.pickups / ratePerSecond,
    });
    refuseRefusals(result);
    const ids = result.submissions?.map(({ id }) => id) ?? [];
    await until(async () => ids.every((id) => calledAt.has(id)), 10);
    await run.stopAll();
    await requireNoFailures(target.db);
    const { rows } = await target.db.query<{ ms: number }>(
      `SELECT extract(epoch FROM started_at - created_at)::float8 * 1000 AS ms FROM executions
       WHERE created_at >= to_timestamp($1::float8 / 1000)`,
      [result.fromMs],
    );
    return {
      figures: {
        ...quantiles(
          '',
          rows.map(({ ms }) => ms),
        ),
        ...quantiles('client', clientSeen(result, calledAt)),
        answerP50Ms: result.latencyMs.p50,
        answerP99Ms: result.latencyMs.p99,
      },
    };
  },
};

/** From the moment when a request was due to the moment when the model was called. */
function clientSeen({ submissions = [] }: LoadResult, calledAt: ReadonlyMap<string, number>): number[] {
  return submissions.map(({ id, atMs }) => {
    const called = calledAt.get(id);
    if (called === undefined) throw new Error(`the model was not called for ${id}`);
    return called - atMs;
  });
}

function quantiles(prefix: string, values: number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  const name = (quantile: string) =>
    prefix === '' ? `${quantile}Ms` : `${prefix}${quantile.toUpperCase()}Ms`;
  return { [name('p50')]: at(0.5), [name('p99')]: at(0.99) };
}
