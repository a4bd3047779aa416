import { setTimeout as sleep } from 'node:timers/promises';
import { countStatuses, type Scenario, unexpectedEnds, until, withRig } from './scenario.ts';
import { submit } from './submit.ts';

const limitMs = 600_000;

/**
 * The API dies between commit and enqueue, again and again, and its clients repeat what was not answered, with the same
 * key: the next life then only has to say what is stored.
 */
export const enqueueKills: Scenario = (context) => {
  let lives = 0;
  const arm = (process: string) => {
    if (process !== 'api') return null;
    lives += 1;
    return lives <= context.kills ? 'before_enqueue:1' : null;
  };
  return withRig(context, { name: 'enqueue-kills', workers: 1, arm }, async (rig) => {
    const startedAt = Date.now();
    const ids = new Map<string, string>();
    const killed = () => rig.api.lives.filter(({ failpoint }) => failpoint === 'before_enqueue').length;
    const client = async (lane: number) => {
      for (let ordinal = 0; killed() < context.kills; ordinal += 1) {
        const key = `${context.seed}-${lane}-${ordinal}`;
        for (let id: string | null = null; id === null; ) {
          id = (await submit(rig, { key })).id;
          if (id === null) await sleep(100);
          else ids.set(key, id);
        }
      }
    };
    const report = setInterval(() => context.log(`enqueue-kills: ${killed()} of ${context.kills}`), 30_000);
    await Promise.all(Array.from({ length: 4 }, (_, lane) => client(lane)));
    clearInterval(report);
    const pressedMs = Date.now() - startedAt;
    const settledMs = await until(limitMs, async () => {
      const { PENDING = 0, RUNNING = 0 } = await countStatuses(rig);
      return PENDING + RUNNING === 0;
    });
    const { rows } = await rig.db.query<{ id: string }>(
      `SELECT id FROM unnest($1::text[]) AS id WHERE NOT EXISTS (
         SELECT FROM executions e WHERE e.id = id.id AND e.status = 'COMPLETED')`,
      [[...ids.values()]],
    );
    const { rows: twice } = await rig.db.query(
      `SELECT idempotency_key FROM executions WHERE idempotency_key IS NOT NULL
       GROUP BY user_id, idempotency_key HAVING count(*) > 1`,
    );
    const problems = unexpectedEnds(rig);
    if (rows.length > 0) problems.push(`${rows.length} acknowledged executions are lost or did not complete`);
    if (twice.length > 0) problems.push(`${twice.length} keys were stored twice`);
    if (settledMs === null) problems.push('not all have ended');
    return {
      measured: {
        kills: killed(),
        acknowledged: ids.size,
        statuses: await countStatuses(rig),
        pressedMs,
        settledMs,
      },
      problems,
    };
  });
};
