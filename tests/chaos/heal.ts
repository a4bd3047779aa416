import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueCounts } from '@formaops/queue';
import type { Rig } from './rig/rig.ts';

export interface Quiescence {
  /** How long it took since all was healed, in milliseconds; null: longer than it may. */
  afterMs: number | null;
  /** What had not ended, at most a hundred of them. */
  stuck: Array<Record<string, unknown>>;
  /** What was left in the queue; null when it could not be asked. */
  queue: QueueCounts | null;
}

const pauseMs = 250;

/** Takes every fault back. */
export async function heal({ postgres, redis, postgresLink, redisLink, workers }: Rig): Promise<void> {
  for (const link of [postgresLink, redisLink]) {
    link?.set('open');
    link?.delay(0);
  }
  await Promise.all([postgres.start(), redis?.start()]);
  for (const worker of workers) worker.thaw();
}

/** Waits until nothing waits or runs any more, and the queue is empty. */
export async function awaitQuiescence(rig: Rig, limitMs: number): Promise<Quiescence> {
  const startedAt = Date.now();
  for (;;) {
    const [unfinished, queue] = await Promise.all([
      countUnfinished(rig),
      rig.queueCounts().catch(() => null),
    ]);
    const afterMs = Date.now() - startedAt;
    if (unfinished === 0 && isIdle(queue)) return { afterMs, stuck: [], queue };
    if (afterMs > limitMs) return { afterMs: null, stuck: await listStuck(rig), queue };
    await sleep(pauseMs);
  }
}

export function isIdle(queue: QueueCounts | null): boolean {
  return queue !== null && queue.waiting + queue.delayed + queue.active === 0;
}

/** @returns null while the database cannot be asked. */
async function countUnfinished({ db }: Rig): Promise<number | null> {
  const sql = `SELECT count(*)::int AS count FROM executions WHERE status IN ('PENDING', 'RUNNING')`;
  return db.query<{ count: number }>(sql).then(
    ({ rows }) => rows[0]?.count ?? null,
    () => null,
  );
}

async function listStuck({ db }: Rig): Promise<Array<Record<string, unknown>>> {
  const { rows } = await db.query(
    `SELECT id, status, priority, attempt, charged_attempts, crash_attempts, lease_token, lease_expires_at,
       next_attempt_at, check_at, cancel_requested_at, enqueue_epoch, last_enqueued_at, created_at, deadline_at
     FROM executions WHERE status IN ('PENDING', 'RUNNING') ORDER BY created_at LIMIT 100`,
  );
  return rows;
}
