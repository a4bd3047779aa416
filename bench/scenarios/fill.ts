import type { Run } from '../run.ts';
import { refuseRefusals } from './refuse-refusals.ts';

/**
 * Submits so many executions through the subject's own API, which is started and stopped for it.
 *
 * @returns how many there are; fewer than `count` when the time for it is over before.
 */
export async function fill(run: Run, count: number, model?: string): Promise<number> {
  const api = await run.startApi();
  const { fillSeconds: seconds } = run.size;
  const plan = { port: Number(api.ready['port']), connections: 64, count, seconds, ...(model && { model }) };
  refuseRefusals(await run.load('closed-loop', plan));
  await run.stop('api');
  // Those that were under way when the time was over are not in the result.
  const { rows } = await run.target.db.query<{ count: number }>(
    `SELECT count(*)::int FROM executions WHERE status = 'PENDING'`,
  );
  return rows[0]?.count ?? 0;
}
