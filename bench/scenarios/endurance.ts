import type { Child } from '../child-process.ts';
import type { Run } from '../run.ts';
import { residentMb } from '../sample.ts';
import { isDrained, requireNoFailures } from './database.ts';
import { queueBytes } from './queue-size.ts';
import { refuseRefusals } from './refuse-refusals.ts';
import type { Figures, Scenario } from './scenario.ts';
import { until } from './until.ts';

/** Whether memory grows with the number of executions that went through. */
export const endurance: Scenario = {
  name: 'endurance',
  title: 'Memory over many executions',
  headline: 'workerMbAfter',
  quick: 'nobody',
  once: true,
  isFor: ({ name }) => name === 'formaops',
  async run(run) {
    const [api, worker] = await Promise.all([run.startApi(), run.startWorker()]);
    const look = async (suffix: string): Promise<Figures> => ({
      [`apiMb${suffix}`]: residentMb(api.pid),
      [`workerMb${suffix}`]: residentMb(worker.pid),
      [`queueMb${suffix}`]: (await queueBytes(run)) / 2 ** 20,
    });
    const tenth = Math.round(run.size.endurance / 10);
    await submitAndDrain(run, api, tenth);
    const before = await look('Before');
    await submitAndDrain(run, api, 9 * tenth);
    const after = await look('After');
    await run.stopAll();
    await requireNoFailures(run.target.db);
    return { figures: { executions: 10 * tenth, ...before, ...after } };
  },
};

async function submitAndDrain(run: Run, api: Child, count: number): Promise<void> {
  refuseRefusals(await run.load('closed-loop', { port: Number(api.ready['port']), connections: 64, count }));
  if (!(await until(() => isDrained(run.target.db), 600))) throw new Error('the queue did not become empty');
}
