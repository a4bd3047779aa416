import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../run.ts';
import { descendantsOf, residentMb, sampleCpu } from '../sample.ts';
import { modelSimulator, openAiWorker } from '../subjects/formaops/subject.ts';
import { isDrained, readWrites, requireNoFailures } from './database.ts';
import { refuseRefusals } from './refuse-refusals.ts';
import type { Scenario } from './scenario.ts';
import { until } from './until.ts';

const calls = 1_000;

/** What a worker needs that holds a thousand model calls at once: memory, and statements to keep its leases. */
export const inFlight: Scenario = {
  name: 'in-flight',
  title: `${calls.toLocaleString('en-US')} model calls in flight in one worker, through the \`openai\` client`,
  headline: 'workerMb',
  quick: 'nobody',
  isFor: ({ name }) => name === 'formaops',
  async run(run) {
    const { target, size } = run;
    const simulator = await run.startOther('simulator', modelSimulator);
    const spec = openAiWorker(target, { concurrency: calls }, String(simulator.ready['url']));
    const [api, worker] = await Promise.all([run.startApi(), run.startWorker({ spec })]);
    // Long enough for all of them to begin before the first one ends.
    const model = `gpt-4o-mini:latency=${(size.holdSeconds + 35) * 1_000}`;
    const startedAt = performance.now();
    const plan = { port: Number(api.ready['port']), connections: 64, count: calls, model };
    refuseRefusals(await run.load('closed-loop', plan));
    if (!(await until(async () => (await countLeased(run)) === calls, 20))) {
      throw new Error(`only ${await countLeased(run)} of ${calls} calls were in flight after 20 s`);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    // Idle connections take up to ten seconds to report what they did before.
    await sleep(11_000);
    const before = { cpu: sampleCpu({ worker: [worker.pid] }), writes: await readWrites(target.db) };
    await sleep(size.holdSeconds * 1_000);
    const after = { cpu: sampleCpu({ worker: [worker.pid] }), writes: await readWrites(target.db) };
    const workerMb = residentMb(worker.pid);
    const childrenMb = descendantsOf(worker.pid).reduce((sum, pid) => sum + residentMb(pid), 0);
    if (!(await until(() => isDrained(target.db), 90))) throw new Error('the calls did not end');
    const peakMb = Math.max(workerMb, residentMb(worker.pid));
    await run.stopAll();
    await requireNoFailures(target.db);
    return {
      figures: {
        inFlight: calls,
        secondsUntilAllRun: seconds,
        workerMb: peakMb,
        workerChildrenMb: childrenMb,
        commitsPerSecond: (after.writes.commits - before.writes.commits) / size.holdSeconds,
        workerCpuShare:
          ((after.cpu.roles['worker'] ?? 0) - (before.cpu.roles['worker'] ?? 0)) / (size.holdSeconds * 1_000),
      },
    };
  },
};

async function countLeased({ target }: Run): Promise<number> {
  const { rows } = await target.db.query<{ count: number }>(
    'SELECT count(*)::int FROM executions WHERE lease_token IS NOT NULL',
  );
  return rows[0]?.count ?? 0;
}
