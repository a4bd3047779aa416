import type { CpuSample } from '../sample.ts';
import { cpuBetween } from '../sample.ts';
import { readWritesAtRest } from './database.ts';
import { refuseRefusals } from './refuse-refusals.ts';
import type { Scenario } from './scenario.ts';

/** How many submissions an API takes when 64 callers send the next one as soon as the last is answered. */
export const ingest: Scenario = {
  name: 'ingest',
  title: 'Ingest: POST /v1/executions, closed loop, 64 connections',
  headline: 'perSecond',
  quick: 'everybody',
  isFor: ({ isVariant }) => !isVariant,
  async run(run) {
    const { size, target } = run;
    const before = await readWritesAtRest(target.db);
    const api = await run.startApi();
    const samples: CpuSample[] = [];
    const plan = { port: Number(api.ready['port']), connections: 64, seconds: size.seconds };
    const result = await run.load('closed-loop', { ...plan, warmUpSeconds: size.warmUpSeconds }, () =>
      samples.push(run.cpu()),
    );
    refuseRefusals(result);
    await run.stopAll();
    const after = await readWritesAtRest(target.db);
    const { rows } = await target.db.query<{ count: number }>('SELECT count(*)::int FROM executions');
    const stored = rows[0]?.count ?? 0;
    const [from, to] = samples;
    if (!from || !to) throw new Error('the load process did not say when it measured');
    const { perExecution, othersShare } = cpuBetween(from, to, result.accepted);
    return {
      figures: {
        perSecond: result.accepted / result.seconds,
        p50Ms: result.latencyMs.p50,
        p99Ms: result.latencyMs.p99,
        maxMs: result.latencyMs.max,
        commitsPer: (after.commits - before.commits) / stored,
        walBytesPer: (after.walBytes - before.walBytes) / stored,
      },
      cpuMsPer: perExecution,
      othersShare,
    };
  },
};
