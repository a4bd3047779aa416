import type { Queryable } from '@formaops/db';
import { beginExecution } from './begin-executions.ts';
import { callModel } from './call-model.ts';
import { completeExecution } from './complete-executions.ts';
import { peerWorkerId } from './peer-worker.ts';

/** Runs one execution to its end; nothing when it is over already. @throws when it fails: the queue then brings the job again. */
export async function runExecution(db: Queryable, executionId: string): Promise<void> {
  const begun = await beginExecution(db, peerWorkerId, executionId);
  if (begun) await completeExecution(db, await callModel(begun));
}
