import { type Job, type JobResult, PgBoss } from 'pg-boss';
import { beginExecutions } from '../peer/begin-executions.ts';
import { callModel } from '../peer/call-model.ts';
import { completeExecutions } from '../peer/complete-executions.ts';
import { openPeerPool } from '../peer/open-peer-pool.ts';
import { peerLog } from '../peer/peer-log.ts';
import { peerWorkerId, runPeerWorker } from '../peer/peer-worker.ts';
import { runExecution } from '../peer/run-execution.ts';
import { readPeerEnv } from '../peer-env.ts';
import { type BossJob, bossQueue, writeEach } from './queue.ts';

const { databaseUrl, concurrency } = readPeerEnv();
const db = openPeerPool(databaseUrl, 'worker');
const boss = new PgBoss({ connectionString: databaseUrl, max: 10, migrate: false, useListenNotify: true });
boss.on('error', (error) => peerLog.error({ err: error }, 'queue error'));
await boss.start();

// Two batches at a time: one can be fetched or written while the other's calls run. With 1 and 4 as much gets done; the
// smaller the batches, the more PostgreSQL works (0.23 ms for each execution with 128 a batch, 0.33 ms with 32).
const fetchers = Math.min(2, concurrency);
const options = {
  localConcurrency: fetchers,
  batchSize: Math.ceil(concurrency / fetchers),
  burstWhenBatchFull: true,
  pollingIntervalSeconds: 0.5,
  perJobResults: true,
} as const;

const runJobs = process.argv.includes(writeEach) ? runEach : runBatch;
await boss.work<BossJob, void, typeof options>(bossQueue, options, runJobs);

/** Writes a batch in one statement before the calls and in one after them: that is what batches are for. */
async function runBatch(jobs: Job<BossJob>[]): Promise<JobResult[]> {
  const begun = await beginExecutions(
    db,
    peerWorkerId,
    jobs.map(({ data }) => data.executionId),
  );
  const failures = new Map<string, unknown>();
  const calls = begun.map((execution) =>
    callModel(execution).catch((error: unknown) => void failures.set(execution.id, error)),
  );
  const answers = await Promise.all(calls);
  await completeExecutions(
    db,
    answers.filter((answer) => answer !== undefined),
  );
  return jobs.map(({ id, data: { executionId } }) =>
    failures.has(executionId)
      ? { id, status: 'failed', output: failures.get(executionId) }
      : { id, status: 'completed' },
  );
}

/** Writes each execution as its own call begins and ends, as long calls need; the batch is over with the last of them. */
async function runEach(jobs: Job<BossJob>[]): Promise<JobResult[]> {
  return Promise.all(
    jobs.map(({ id, data }) =>
      runExecution(db, data.executionId).then(
        (): JobResult => ({ id, status: 'completed' }),
        (error: unknown): JobResult => ({ id, status: 'failed', output: error }),
      ),
    ),
  );
}

runPeerWorker(async () => {
  await boss.stop({ graceful: true, timeout: 5_000 });
  await db.end();
});
