import { Logger, run } from 'graphile-worker';
import { beginExecution } from '../peer/begin-executions.ts';
import { callModel } from '../peer/call-model.ts';
import { completeExecution } from '../peer/complete-executions.ts';
import { openPeerPool } from '../peer/open-peer-pool.ts';
import { peerLog } from '../peer/peer-log.ts';
import { peerWorkerId, runPeerWorker } from '../peer/peer-worker.ts';
import { readPeerEnv } from '../peer-env.ts';

const { databaseUrl, concurrency } = readPeerEnv();
// One pool for the queue's statements and for ours.
const db = openPeerPool(databaseUrl, 20);

const runner = await run({
  pgPool: db,
  noHandleSignals: true,
  logger: new Logger(() => (level, message, meta) => {
    if (level === 'error' || level === 'warning') peerLog.error({ meta }, message);
  }),
  taskList: {
    async execute(payload) {
      const { executionId } = payload as { executionId: string };
      const begun = await beginExecution(db, peerWorkerId, executionId);
      if (begun) await completeExecution(db, await callModel(begun));
    },
  },
  preset: {
    worker: {
      concurrentJobs: concurrency,
      // As in the quick stats of https://worker.graphile.org/docs/performance.
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
});

runPeerWorker(async () => {
  await runner.stop();
  await db.end();
});
