import { spreadsOf } from '../../report/results.ts';
import { createRun, type Run } from '../../run.ts';
import { type CpuSample, cpuBetween } from '../../sample.ts';
import { createTarget } from '../../target.ts';
import { drainBacklog } from '../measure-drain.ts';
import { refuseRefusals } from '../refuse-refusals.ts';
import type { Figures, Scenario } from '../scenario.ts';
import { measureReads } from './measure-reads.ts';
import { populate } from './populate.ts';

/** Whether anything becomes slower as the tables grow. The sizes take turns, so that a noisy machine disturbs all alike. */
export const tableSize: Scenario = {
  name: 'table-size',
  title: 'Ingest, drain, lists and figures, by the number of executions present',
  headline: '',
  quick: 'nobody',
  once: true,
  isFor: ({ name }, backend) => name === 'formaops' && backend === 'redis',
  async run(run) {
    const { tableRows, repeat } = run.size;
    await using stack = new AsyncDisposableStack();
    const tables: { rows: number; run: Run; rounds: Figures[] }[] = [];
    for (const rows of tableRows) {
      const target = stack.adopt(await createTarget(run.services, run.subject, 'redis'), (one) => one.drop());
      const own = stack.adopt(createRun({ ...run, target, name: `${run.name}-${rows}` }), (one) =>
        one.stopAll(),
      );
      console.log(`  writing ${rows.toLocaleString('en-US')} executions …`);
      await populate(target.db, rows, target);
      tables.push({ rows, run: own, rounds: [] });
    }
    for (let round = 0; round < repeat; round += 1) {
      for (const table of tables) table.rounds.push(await measureRound(table.run));
    }
    const figures = tables.flatMap(({ rows, rounds }) =>
      Object.entries(spreadsOf(rounds)).map(([name, { median }]) => [`${name}@${rows}`, median] as const),
    );
    return { figures: Object.fromEntries(figures) };
  },
};

async function measureRound(run: Run): Promise<Figures> {
  const since = new Date();
  const api = await run.startApi();
  const port = Number(api.ready['port']);
  const reads = await measureReads(run.target, port, run.cpu);
  const samples: CpuSample[] = [];
  const { seconds, warmUpSeconds } = run.size;
  const plan = { port, connections: 64, seconds: seconds / 2, warmUpSeconds };
  const load = await run.load('closed-loop', plan, () => samples.push(run.cpu()));
  refuseRefusals(load);
  await run.stop('api');
  const [from, to] = samples;
  if (!from || !to) throw new Error('the load process did not say when it measured');
  const ingest = cpuBetween(from, to, load.accepted).perExecution;
  const drain = await drainBacklog(run, load.accepted, { workers: 1 }, since);
  return {
    ingestPerSecond: load.accepted / load.seconds,
    ingestCpuMs: (ingest['api'] ?? 0) + (ingest['postgres'] ?? 0),
    drainPerSecond: drain.figures['perSecond'] ?? Number.NaN,
    drainCpuMs: (drain.cpuMsPer?.['worker'] ?? 0) + (drain.cpuMsPer?.['postgres'] ?? 0),
    ...reads,
  };
}
