import { wipeQueue } from '../nemesis/nemesis.ts';
import type { Rig } from '../rig/rig.ts';
import { productionSettings } from '../rig/settings.ts';
import {
  countStatuses,
  type Scenario,
  type ScenarioContext,
  unexpectedEnds,
  until,
  withRig,
} from './scenario.ts';
import { submitMany } from './submit.ts';

const waiting = 5_000;
const limitMs = 600_000;

/**
 * The queue forgets everything while 5,000 executions wait; then workers start. Nobody rings again by hand. Workers have
 * production's settings but for their number of slots.
 */
export const queueLoss: Scenario = async (context) => {
  const ways =
    context.backend === 'redis'
      ? [
          { name: 'FLUSHALL', durableQueue: true, lose: wipeQueue },
          { name: 'SHUTDOWN NOSAVE', durableQueue: false, lose: restartUnsaved },
        ]
      : [{ name: 'TRUNCATE', durableQueue: true, lose: wipeQueue }];
  const measured: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const { name, durableQueue, lose } of ways) {
    const result = await loseQueue(context, durableQueue, lose);
    measured[name] = result.measured;
    problems.push(...result.problems.map((problem) => `${name}: ${problem}`));
    context.log(`queue-loss: ${name}: ${JSON.stringify(result.measured)}`);
  }
  return { measured, problems };
};

function loseQueue(context: ScenarioContext, durableQueue: boolean, lose: (rig: Rig) => Promise<void>) {
  return withRig(
    context,
    { name: 'queue-loss', workers: 0, durableQueue, workerEnv: productionSettings },
    async (rig) => {
      const accepted = await submitMany(rig, waiting, () => ({ faults: 'latency=50,echo,sign' }));
      const before = await rig.queueCounts();
      await lose(rig);
      const after = await until(
        10_000,
        async () => (await rig.queueCounts().catch(() => null))?.waiting === 0,
      );
      rig.startWorker();
      rig.startWorker();
      const allMs = await until(
        limitMs,
        async () => (await countStatuses(rig))['COMPLETED'] === accepted.length,
      );
      const statuses = await countStatuses(rig);
      const problems = unexpectedEnds(rig);
      if (accepted.length !== waiting) problems.push(`only ${accepted.length} of ${waiting} were accepted`);
      if (after === null) problems.push('the queue did not forget');
      if (allMs === null) problems.push(`not all completed: ${JSON.stringify(statuses)}`);
      return {
        measured: { waiting: accepted.length, bellsBefore: before.waiting, allCompletedMs: allMs, statuses },
        problems,
      };
    },
  );
}

async function restartUnsaved({ redis }: Rig): Promise<void> {
  await redis?.shutDownUnsaved();
  await redis?.start();
}
