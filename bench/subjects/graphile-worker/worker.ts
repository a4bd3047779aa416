import { Logger, run } from 'graphile-worker';
import { openPeerPool } from '../peer/open-peer-pool.ts';
import { peerLog } from '../peer/peer-log.ts';
import { runPeerWorker } from '../peer/peer-worker.ts';
import { runExecution } from '../peer/run-execution.ts';
import { readPeerEnv } from '../peer-env.ts';

const { databaseUrl, concurrency } = readPeerEnv();
// One pool for the queue's statements and for ours. Its guide asks for as many connections as jobs and two more; with 130
// of them the two cores get no more done than with 10.
const db = openPeerPool(databaseUrl, 'worker');

const runner = await run({
  pgPool: db,
  noHandleSignals: true,
  logger: new Logger(() => (level, message, meta) => {
    if (level === 'error') peerLog.error({ meta }, message);
  }),
  taskList: {
    async execute(payload) {
      const { executionId } = payload as { executionId: string };
      await runExecution(db, executionId);
    },
  },
  preset: {
    worker: {
      concurrentJobs: concurrency,
      // As for the figures of https://worker.graphile.org/docs/performance. CPU of worker and PostgreSQL for each
      // execution: 1.4 ms so, 1.6 ms with a local queue of 129 or without batches of completions, 1.8 ms without the
      // local queue, 2.1 ms without either. Waiting 250 ms for a fuller batch saves nothing more.
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
