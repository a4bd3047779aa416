import { beginExecution } from '../peer/begin-executions.ts';
import { runBullmqWorker } from '../peer/bullmq-queue.ts';
import { callModel } from '../peer/call-model.ts';
import { completeExecution } from '../peer/complete-executions.ts';
import { openPeerPool } from '../peer/open-peer-pool.ts';
import { peerWorkerId, runPeerWorker } from '../peer/peer-worker.ts';
import { readPeerEnv } from '../peer-env.ts';

const env = readPeerEnv();
const db = openPeerPool(env.databaseUrl, 'worker');

const worker = runBullmqWorker(env, async (executionId) => {
  const begun = await beginExecution(db, peerWorkerId, executionId);
  if (begun) await completeExecution(db, await callModel(begun));
});

runPeerWorker(async () => {
  await worker.close();
  await db.end();
});
