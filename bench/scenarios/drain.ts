import { newId } from '@formaops/db';
import type { Run } from '../run.ts';
import { cpuBetween } from '../sample.ts';
import { modelSimulator, openAiWorker } from '../subjects/formaops/subject.ts';
import { instantSchema } from '../subjects/instant-provider.ts';
import { isDrained, readWrites, requireNoFailures } from './database.ts';
import { fill } from './fill.ts';
import type { Measurement, Scenario } from './scenario.ts';
import { until } from './until.ts';

interface DrainOptions {
  workers: number;
  /** Before the executions are submitted. */
  prepare?(run: Run): Promise<void>;
  startWorker?(run: Run): Promise<unknown>;
  model?: string;
}

/** How many waiting executions one worker gets done. */
export const drain: Scenario = {
  name: 'drain',
  title: 'Drain: a backlog, 1 worker',
  headline: 'perSecond',
  quick: 'everybody',
  isFor: () => true,
  run: (run) => measureDrain(run, { workers: 1 }),
};

export const drainTwo: Scenario = {
  name: 'drain-2',
  title: 'Drain: a backlog, 2 workers',
  headline: 'perSecond',
  quick: 'nobody',
  isFor: () => true,
  run: (run) => measureDrain(run, { workers: 2 }),
};

/** The product alone: rivals have no sandbox to validate in. */
export const drainSchema: Scenario = {
  name: 'drain-schema',
  title: 'Drain with a SCHEMA validation in the sandbox, 1 worker',
  headline: 'perSecond',
  quick: 'product',
  isFor: ({ name }) => name === 'formaops',
  run: (run) =>
    measureDrain(run, {
      workers: 1,
      async prepare({ target }) {
        await target.db.query(
          `INSERT INTO validations (id, name, type, config, prompt_id) VALUES ($1, 'Ten texts', 'SCHEMA', $2, $3)`,
          [newId(), JSON.stringify(instantSchema), target.promptId],
        );
      },
    }),
};

/** As users run it, with the client of their provider; the simulator takes part of the machine. */
export const drainOpenAi: Scenario = {
  name: 'drain-openai',
  title: 'Drain through the `openai` client and the model simulator, 1 worker',
  headline: 'perSecond',
  quick: 'product',
  isFor: ({ name }) => name === 'formaops',
  async run(run) {
    const simulator = await run.startOther('simulator', modelSimulator);
    const spec = openAiWorker(run.target, run, String(simulator.ready['url']));
    // 1 KB in some sixty pieces.
    const model = 'gpt-4o-mini:huge=1024';
    return measureDrain(run, { workers: 1, model, startWorker: () => run.startWorker({ spec }) });
  },
};

/**
 * Measures from the moment when a tenth is done, so that no subject's start counts, to the last completion, by the clock
 * of the database.
 */
export async function measureDrain(run: Run, options: DrainOptions): Promise<Measurement> {
  const { target, size } = run;
  const { db } = target;
  await options.prepare?.(run);
  await fill(run, size.backlog, options.model);
  const before = await readWrites(db);
  const startWorker = options.startWorker ?? (() => run.startWorker());
  await Promise.all(Array.from({ length: options.workers }, () => startWorker(run)));

  await until(async () => (await progress(run)).completed >= size.backlog / 10, size.drainSeconds);
  const from = { cpu: run.cpu(), postgres: await run.postgresCpu(), ...(await progress(run)) };
  const isCutOff = !(await until(() => isDrained(db), size.drainSeconds));
  const to = { cpu: run.cpu(), postgres: await run.postgresCpu(), ...(await progress(run)) };
  await run.stopAll();
  await requireNoFailures(db);

  const after = await readWrites(db);
  const whole = await progress(run);
  const executions = to.completed - from.completed;
  const { perExecution, othersShare } = cpuBetween(from.cpu, to.cpu, executions);
  return {
    figures: {
      perSecond: (executions * 1_000) / (to.lastMs - from.lastMs),
      cutOff: isCutOff ? 1 : 0,
      commitsPer: (after.commits - before.commits) / whole.completed,
      walBytesPer: (after.walBytes - before.walBytes) / whole.completed,
      ...postgresShares(from.postgres, to.postgres, executions),
    },
    cpuMsPer: perExecution,
    othersShare,
  };
}

/** How many have completed, and when the last of them did. */
async function progress({ target }: Run): Promise<{ completed: number; lastMs: number }> {
  const { rows } = await target.db.query<{ completed: number; lastMs: number }>(
    `SELECT count(*)::int AS completed, coalesce(extract(epoch FROM max(completed_at)) * 1000, 0)::float8 AS "lastMs"
     FROM executions WHERE status = 'COMPLETED'`,
  );
  return rows[0] ?? { completed: 0, lastMs: 0 };
}

/** PostgreSQL's part by connection, for finding out whose statements cost what. */
export function postgresShares(
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
