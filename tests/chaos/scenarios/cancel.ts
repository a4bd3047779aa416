import { setTimeout as sleep } from 'node:timers/promises';
import { countBy, spread } from '../metrics.ts';
import { between, mulberry32 } from '../plan/random.ts';
import { countStatuses, type Scenario, unexpectedEnds, until, withRig } from './scenario.ts';
import { cancel, submit } from './submit.ts';

const count = 500;
const everyMs = 25;
const limitMs = 60_000;
const closeLimitMs = 1_000;

/** So that some are cancelled while they wait. */
const fewSlots = { WORKER_CONCURRENCY: '18' };

interface Cancelled {
  id: string;
  at: number;
  status: number | null;
}

/** 500 executions cancelled at random moments, from before they start until after their end. */
export const cancelScenario: Scenario = (context) =>
  withRig(context, { name: 'cancel', workers: 2, workerEnv: fewSlots }, async (rig) => {
    const random = mulberry32(context.seed);
    const closedAt = new Map<string, number>();
    // Calls are noted as their clients leave, because the log of calls has no times.
    const watching = new AbortController();
    const watch = watchClosed(rig, closedAt, watching.signal);
    const cancelled: Cancelled[] = [];
    const one = async (waitMs: number, latencyMs: number) => {
      const { id } = await submit(rig, { faults: `latency=${latencyMs},echo,sign` });
      if (id === null) return;
      await sleep(waitMs);
      const at = Date.now();
      cancelled.push({ id, at, status: await cancel(rig, id) });
    };
    const underWay: Array<Promise<void>> = [];
    for (let index = 0; index < count; index += 1) {
      underWay.push(one(between(random, 0, 2_500), Math.round(between(random, 200, 3_000))));
      await sleep(everyMs);
    }
    await Promise.all(underWay);
    const settledMs = await until(limitMs, async () => {
      const { PENDING = 0, RUNNING = 0 } = await countStatuses(rig);
      return PENDING + RUNNING === 0;
    });
    watching.abort();
    await watch;

    const { rows } = await rig.db.query<{ id: string; status: string }>('SELECT id, status FROM executions');
    const ends = new Map(rows.map(({ id, status }) => [id, status]));
    const wrong = cancelled.filter(({ id, status }) =>
      status === 409 ? ends.get(id) === 'CANCELLED' : ends.get(id) !== 'CANCELLED',
    );
    const closeMs = cancelled.flatMap(({ id, at }) => {
      const closed = closedAt.get(id);
      return closed === undefined ? [] : [Math.max(0, closed - at)];
    });
    const problems = unexpectedEnds(rig);
    if (cancelled.length !== count) problems.push(`only ${cancelled.length} were accepted and cancelled`);
    for (const { id, status } of wrong)
      problems.push(`${id}: cancel was answered ${status}, and it is ${ends.get(id)}`);
    if (settledMs === null) problems.push('not all have ended');
    const late = closeMs.filter((ms) => ms > closeLimitMs);
    if (late.length > 0) problems.push(`${late.length} calls closed later than ${closeLimitMs} ms`);
    if (closeMs.length === 0) problems.push('no call was aborted: nothing was tried');
    const measured = {
      cancelled: cancelled.length,
      answers: countBy(cancelled, ({ status }) => String(status)),
      statuses: await countStatuses(rig),
      abortedCalls: closeMs.length,
      callClosedMs: spread(closeMs),
    };
    return { measured, problems };
  });

type Rig = Parameters<typeof countStatuses>[0];

async function watchClosed({ simulator }: Rig, closedAt: Map<string, number>, signal: AbortSignal) {
  const isNew = ({ idempotencyKey }: { idempotencyKey: string | null }) =>
    !closedAt.has(executionOf(idempotencyKey));
  while (!signal.aborted) {
    const call = await simulator.waitForClosed(isNew, { timeoutMs: 500 }).catch(() => null);
    if (call !== null) closedAt.set(executionOf(call.idempotencyKey), Date.now());
  }
}

function executionOf(idempotencyKey: string | null): string {
  return (idempotencyKey ?? '').replace(/-\d+$/, '');
}
