import { migrateQueue } from '@formaops/queue';
import type { Target } from '../subject.ts';
import { switchOffTriggers } from './switch-off-triggers.ts';

/** BullMQ's tables, where it keeps its queue in PostgreSQL; they are the same for everybody. */
export async function prepareBullmq({ backend, databaseUrl }: Target): Promise<void> {
  if (backend === 'postgres') await migrateQueue({ databaseUrl });
  await switchOffTriggers(databaseUrl);
}
