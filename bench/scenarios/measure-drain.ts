import type { Run } from '../run.ts';
import { cpuBetween } from '../sample.ts';
import { isDrained, readWritesAtRest, requireNoFailures } from './database.ts';
import { fill } from './fill.ts';
import type { Measurement } from './scenario.ts';
import { until } from './until.ts';

export interface DrainOptions {
  workers: number;
  /** Before the executions are submitted. */
  prepare?(run: Run): Promise<void>;
  startWorker?(run: Run): Promise<unknown>;
  model?: string;
}

/** Submits a backlog and measures how it is drained. */
export async function measureDrain(run: Run, options: DrainOptions): Promise<Measurement> {
  await options.prepare?.(run);
  return drainBacklog(run, await fill(run, run.size.backlog, options.model), options);
}

/**
 * Measures from the moment when a tenth is done, so that no subject's start counts, to the last completion, by the clock
 * of the database.
 *
 * @param since when the first of the backlog was submitted; older rows are not looked at.
 */
export async function drainBacklog(
  run: Run,
  backlog: number,
  { workers, startWorker = () => run.startWorker() }: DrainOptions,
  since = new Date(0),
): Promise<Measurement> {
  const { target, size } = run;
  const { db } = target;
  const before = await readWritesAtRest(db);
  const completed = async () => (await progress(run, since)).completed;
  const look = async () => ({
    cpu: run.cpu(),
    postgres: await run.postgresCpu(),
    ...(await progress(run, since)),
  });
  const alreadyDone = await completed();
  await Promise.all(Array.from({ length: workers }, () => startWorker(run)));

  await until(async () => (await completed()) >= alreadyDone + backlog / 10, size.drainSeconds);
  const from = await look();
  const isCutOff = !(await until(() => isDrained(db), size.drainSeconds));
  const to = await look();
  await run.stop('worker');
  await requireNoFailures(db, since);

  const after = await readWritesAtRest(db);
  const done = (await completed()) - alreadyDone;
  const executions = to.completed - from.completed;
  const { perExecution, othersShare } = cpuBetween(from.cpu, to.cpu, executions);
  return {
    figures: {
      perSecond: (executions * 1_000) / (to.lastMs - from.lastMs),
      cutOff: isCutOff ? 1 : 0,
      commitsPer: (after.commits - before.commits) / done,
      walBytesPer: (after.walBytes - before.walBytes) / done,
      ...postgresShares(from.postgres, to.postgres, executions),
    },
    cpuMsPer: perExecution,
    othersShare,
  };
}

/** How many have completed, and when the last of them did. */
async function progress({ target }: Run, since: Date): Promise<{ completed: number; lastMs: number }> {
  const { rows } = await target.db.query<{ completed: number; lastMs: number }>(
    `SELECT count(*)::int AS completed, coalesce(extract(epoch FROM max(completed_at)) * 1000, 0)::float8 AS "lastMs"
     FROM executions WHERE status = 'COMPLETED' AND created_at >= $1`,
    [since],
  );
  return rows[0] ?? { completed: 0, lastMs: 0 };
}

/** PostgreSQL's part by connection, for finding out whose statements cost what. */
function postgresShares(
  from: Record<string, number>,
  to: Record<string, number>,
  executions: number,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(to)
      .map(([name, ms]) => [`postgres(${name})CpuMsPer`, (ms - (from[name] ?? 0)) / executions] as const)
      .filter(([, ms]) => ms > 0),
  );
}
