import { setTimeout as sleep } from 'node:timers/promises';
import { countBy, spread } from '../metrics.ts';
import { countStatuses, type Scenario, unexpectedEnds, until, withRig } from './scenario.ts';
import { type Submitted, submit } from './submit.ts';

const rate = 20;
const beforeMs = 5_000;
const outageMs = 20_000;
const afterMs = 5_000;
const limitMs = 180_000;

/** PostgreSQL is stopped for 20 s under load, without a goodbye. */
export const postgresOutage: Scenario = (context) =>
  withRig(context, { name: 'postgres-outage', workers: 2 }, async (rig) => {
    const answers: Submitted[] = [];
    const answerMs: number[] = [];
    const underWay: Array<Promise<void>> = [];
    const send = async () => {
      const startedAt = Date.now();
      answers.push(await submit(rig, { faults: 'latency=300,echo,sign' }));
      answerMs.push(Date.now() - startedAt);
    };
    const load = setInterval(() => underWay.push(send()), 1_000 / rate);
    await sleep(beforeMs);
    const lives = rig.processes.map((one) => one.lives.length);
    await rig.postgres.crash();
    await sleep(outageMs);
    await rig.postgres.start();
    await sleep(afterMs);
    clearInterval(load);
    await Promise.all(underWay);

    const unfinished = async () => {
      const { PENDING = 0, RUNNING = 0 } = await countStatuses(rig);
      return PENDING + RUNNING;
    };
    const allMs = await until(limitMs, async () => (await unfinished()) === 0);
    const accepted = answers.flatMap(({ id }) => id ?? []);
    const { rows } = await rig.db.query<{ id: string }>(
      `SELECT id FROM unnest($1::text[]) AS id WHERE NOT EXISTS (
         SELECT FROM executions e WHERE e.id = id.id AND e.status = 'COMPLETED')`,
      [accepted],
    );
    const problems = unexpectedEnds(rig);
    if (rig.processes.some((one, index) => one.lives.length !== lives[index]))
      problems.push('a process did not live through it');
    if (rows.length > 0) problems.push(`${rows.length} accepted executions are lost or did not complete`);
    if (allMs === null) problems.push(`${await unfinished()} executions have not ended`);
    const other = answers.filter(({ status }) => status !== 202 && status !== 503);
    if (other.length > 0)
      problems.push(`answers other than 202 and 503: ${JSON.stringify(countBy(other, codeOf))}`);
    const measured = {
      outageMs,
      http: countBy(answers, codeOf),
      answerMs: spread(answerMs),
      accepted: accepted.length,
      allEndedAfterMs: allMs,
      statuses: await countStatuses(rig),
    };
    return { measured, problems };
  });

const codeOf = ({ status }: Submitted) => String(status);
