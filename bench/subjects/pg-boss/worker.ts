import { PgBoss } from 'pg-boss';
import { beginExecutions } from '../peer/begin-executions.ts';
import { callModel } from '../peer/call-model.ts';
import { completeExecutions } from '../peer/complete-executions.ts';
import { openPeerPool } from '../peer/open-peer-pool.ts';
import { peerLog } from '../peer/peer-log.ts';
import { peerWorkerId, runPeerWorker } from '../peer/peer-worker.ts';
import { readPeerEnv } from '../peer-env.ts';
import { type BossJob, bossQueue } from './queue.ts';

const { databaseUrl, concurrency } = readPeerEnv();
const db = openPeerPool(databaseUrl, 'worker');
const boss = new PgBoss({ connectionString: databaseUrl, max: 10, migrate: false, useListenNotify: true });
boss.on('error', (error) => peerLog.error({ err: error }, 'queue error'));
await boss.start();

const fetchers = Math.min(4, concurrency);
const options = {
  localConcurrency: fetchers,
  batchSize: Math.ceil(concurrency / fetchers),
  burstWhenBatchFull: true,
  pollingIntervalSeconds: 0.5,
};

// A batch is written in one statement before the calls and one after them: that is what batches are for.
await boss.work<BossJob>(bossQueue, options, async (jobs) => {
  const begun = await beginExecutions(
    db,
    peerWorkerId,
    jobs.map(({ data }) => data.executionId),
  );
  await completeExecutions(db, await Promise.all(begun.map(callModel)));
});

runPeerWorker(async () => {
  await boss.stop({ graceful: true, timeout: 5_000 });
  await db.end();
});
