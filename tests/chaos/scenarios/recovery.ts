import { setTimeout as sleep } from 'node:timers/promises';
import { collectAttempts, collectExecutions } from '../check/collect.ts';
import { recoveries } from '../check/recoveries.ts';
import { spread } from '../metrics.ts';
import { productionSettings } from '../rig/settings.ts';
import { countStatuses, type Scenario, unexpectedEnds, until, withRig } from './scenario.ts';
import { submitMany } from './submit.ts';

const kills = 6;
const perKill = 16;
const limitP95Ms = 35_000;
/** A kill may come at any moment between two heartbeats. */
const heartbeatMs = Number(productionSettings.HEARTBEAT_MS);
const limitMs = 120_000;

/** A worker dies with production's settings; how long until what it ran runs again, at another worker? */
export const recovery: Scenario = (context) =>
  withRig(context, { name: 'recovery', workers: 2, workerEnv: productionSettings }, async (rig) => {
    for (let kill = 0; kill < kills; kill += 1) {
      const [victim] = rig.workers;
      // Long calls at first; after the crash short ones, so that the run does not take longer than the recovery.
      await submitMany(rig, perKill, () => ({
        faults: 'latency=60000,first=1,echo,sign',
        timeoutMs: 120_000,
      }));
      await until(limitMs, async () => (await countStatuses(rig))['PENDING'] === undefined);
      await sleep((heartbeatMs * (kill + 0.5)) / kills);
      await victim?.kill();
      context.log(`recovery: kill ${kill + 1} of ${kills}`);
      await until(limitMs, async () => (await openAttemptsOfTheDead(rig)) === 0);
    }
    const facts = {
      attempts: await collectAttempts(rig.db),
      executions: await collectExecutions(rig.db),
      lives: rig.processes.flatMap((one) => one.lives),
    };
    const recoverMs = spread(recoveries(facts));
    const problems = unexpectedEnds(rig);
    if (recoverMs.count < 2 * kills) problems.push(`only ${recoverMs.count} executions lost their worker`);
    if ((recoverMs.p95 ?? 0) > limitP95Ms)
      problems.push(`p95 is ${recoverMs.p95} ms, above ${limitP95Ms} ms`);
    return { measured: { kills, recoverMs, statuses: await countStatuses(rig) }, problems };
  });

type Rig = Parameters<typeof countStatuses>[0];

/** Attempts of dead workers that nobody has taken over. */
async function openAttemptsOfTheDead({ db, workers }: Rig): Promise<number> {
  const dead = workers.flatMap(({ lives }) =>
    lives.filter(({ endedAt }) => endedAt !== null).map(({ process, life }) => `${process}.${life}`),
  );
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM executions e JOIN execution_attempts a
       ON a.execution_id = e.id AND a.attempt = e.attempt
     WHERE e.status = 'RUNNING' AND a.worker_id = ANY($1)`,
    [dead],
  );
  return rows[0]?.count ?? 0;
}
