import { runBullmqWorker } from '../peer/bullmq-queue.ts';
import { openPeerPool } from '../peer/open-peer-pool.ts';
import { runPeerWorker } from '../peer/peer-worker.ts';
import { runExecution } from '../peer/run-execution.ts';
import { readPeerEnv } from '../peer-env.ts';

const env = readPeerEnv();
const db = openPeerPool(env.databaseUrl, 'worker');

const worker = runBullmqWorker(env, (executionId) => runExecution(db, executionId));

runPeerWorker(async () => {
  await worker.close();
  await db.end();
});
