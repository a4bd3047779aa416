import { setTimeout as sleep } from 'node:timers/promises';
import { collectAttempts, collectExecutions } from '../check/collect.ts';
import { foreignOutputs } from '../check/provider-rules.ts';
import { scanLogs } from '../check/scan-logs.ts';
import { countBy } from '../metrics.ts';
import { countStatuses, type Scenario, unexpectedEnds, until, withRig } from './scenario.ts';
import { submitMany } from './submit.ts';

const count = 40;
const rounds = 3;
/** Longer than the lease of 5 s and the next look of maintenance. */
const frozenMs = 8_000;
const limitMs = 60_000;

/**
 * A worker is frozen past its lease while it runs calls; another one takes them over. Some are over when the frozen one
 * wakes, with its own answers waiting in its sockets, and some still run: in neither case may it write.
 */
export const zombie: Scenario = (context) =>
  withRig(context, { name: 'zombie', workers: 1, workerEnv: { WORKER_CONCURRENCY: '100' } }, async (rig) => {
    const [frozen] = rig.workers;
    if (frozen === undefined) throw new Error('the worker is missing');
    for (let round = 1; round <= rounds; round += 1) {
      // The successor's calls take as long as the frozen one's: from before it wakes until after.
      await submitMany(rig, count, (index) => ({ faults: `latency=${1_000 + index * 100},echo,sign` }));
      await until(limitMs, async () => (await runningCalls(rig)) >= count / 2);
      frozen.freeze();
      if (round === 1) rig.startWorker();
      await sleep(frozenMs);
      frozen.thaw();
      await until(limitMs, async () => (await unfinished(rig)) === 0);
    }
    await Promise.all(rig.workers.map((one) => one.stop()));
    const executions = await collectExecutions(rig.db);
    const attempts = await collectAttempts(rig.db);
    const logs = await scanLogs(rig.logFiles, []);
    const overwritten = foreignOutputs({ executions, attempts });
    const problems = [
      ...unexpectedEnds(rig),
      ...overwritten.map(({ detail, executionId }) => `${executionId}: ${detail}`),
    ];
    const lost = attempts.filter(({ outcome }) => outcome === 'LOST').length;
    if (lost === 0) problems.push('no lease was lost: nothing was tried');
    if (executions.some(({ status }) => status !== 'COMPLETED'))
      problems.push(`not all completed: ${JSON.stringify(await countStatuses(rig))}`);
    const measured = {
      executions: executions.length,
      takenOver: lost,
      lateResultsRefused: logs.fencedWrites,
      overwritten: overwritten.length,
      attempts: countBy(attempts, ({ outcome }) => outcome),
    };
    return { measured, problems };
  });

type Rig = Parameters<typeof countStatuses>[0];

async function unfinished(rig: Rig): Promise<number> {
  const { PENDING = 0, RUNNING = 0 } = await countStatuses(rig);
  return PENDING + RUNNING;
}

async function runningCalls({ simulator }: Rig): Promise<number> {
  return simulator.calls().filter(({ outcome }) => outcome === 'open').length;
}
