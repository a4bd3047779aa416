import type { Run } from '../run.ts';
import { refuseRefusals } from './refuse-refusals.ts';

/** Submits so many executions through the subject's own API, which is started and stopped for it. */
export async function fill(run: Run, count: number, model?: string): Promise<void> {
  const api = await run.startApi();
  const plan = { port: Number(api.ready['port']), connections: 64, count, ...(model && { model }) };
  refuseRefusals(await run.load('closed-loop', plan));
  await run.stop('api');
}
