import { type CpuSample, cpuBetween } from '../sample.ts';
import { countBetween, readWritesAtRest, requireNoFailures } from './database.ts';
import { refuseRefusals } from './refuse-refusals.ts';
import type { Scenario } from './scenario.ts';

/** What a machine sustains: as many submissions as 64 callers can send, while a worker runs them. */
export const together: Scenario = {
  name: 'together',
  title: 'Submit + work: closed loop, 64 connections, 1 worker',
  headline: 'completedPerSecond',
  quick: 'everybody',
  isFor: () => true,
  async run(run) {
    const { target, size } = run;
    const before = await readWritesAtRest(target.db);
    const [api] = await Promise.all([run.startApi(), run.startWorker()]);
    const samples: CpuSample[] = [];
    const plan = { port: Number(api.ready['port']), connections: 64, seconds: size.seconds };
    const result = await run.load('closed-loop', { ...plan, warmUpSeconds: size.warmUpSeconds }, () =>
      samples.push(run.cpu()),
    );
    refuseRefusals(result);
    await run.stopAll();
    await requireNoFailures(target.db);
    const { accepted, completed } = await countBetween(target.db, result.fromMs, result.toMs);
    const after = await readWritesAtRest(target.db);
    const whole = await countBetween(target.db, 0, Date.now() + 3_600_000);
    const [from, to] = samples;
    if (!from || !to) throw new Error('the load process did not say when it measured');
    const { perExecution, othersShare } = cpuBetween(from, to, completed);
    return {
      figures: {
        completedPerSecond: completed / result.seconds,
        acceptedPerSecond: accepted / result.seconds,
        completedPerAccepted: completed / accepted,
        p50Ms: result.latencyMs.p50,
        p99Ms: result.latencyMs.p99,
        commitsPer: (after.commits - before.commits) / whole.completed,
        walBytesPer: (after.walBytes - before.walBytes) / whole.completed,
      },
      cpuMsPer: perExecution,
      othersShare,
    };
  },
};
