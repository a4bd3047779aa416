import type { Priority } from '@formaops/core';
import { createPostgresBackend, Queue, type QueueOptions, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { PeerEnv } from '../peer-env.ts';
import { peerLog } from './peer-log.ts';
import { queuePriority } from './queue-priority.ts';

const queueName = 'executions';

interface JobData {
  executionId: string;
}

export interface PeerQueue {
  add(executionId: string, priority: Priority): Promise<void>;
  close(): Promise<void>;
}

// Three attempts with growing pauses, as BullMQ's guide to production shows. Completed jobs go at once: on PostgreSQL
// every completion reads all that are kept.
const queueOptions: Omit<QueueOptions, 'connection'> = {
  defaultJobOptions: {
    attempts: 3,
    backoff: { type: 'exponential', delay: 1_000 },
    removeOnComplete: true,
    removeOnFail: { age: 86_400 },
  },
};

const warn = (error: Error) => void peerLog.warn({ err: error }, 'queue error');

/** BullMQ's queue, on PostgreSQL where there is no Redis: one `add` for each execution. */
export function openBullmqQueue({ redisUrl, databaseUrl }: PeerEnv): PeerQueue {
  const queue = redisUrl === null ? onPostgres(databaseUrl) : onRedis(redisUrl);
  return {
    add: async (executionId, priority) =>
      void (await queue.add('execute', { executionId }, { priority: queuePriority[priority] })),
    close: () => queue.close(),
  };
}

function onRedis(url: string) {
  // Takes a tenth more requests: adds of the same moment go out together.
  const connection = new Redis(url, { enableAutoPipelining: true });
  const queue = new Queue<JobData, void>(queueName, { ...queueOptions, connection });
  return queue.on('error', warn);
}

function onPostgres(databaseUrl: string) {
  const options = { ...queueOptions, connection: poolOf(databaseUrl) };
  const queue = new Queue(queueName, options, createPostgresBackend);
  return queue.on('error', warn);
}

/** As many connections for the queue as for the rows; with 4 or 20 as much gets done. */
function poolOf(connectionString: string) {
  return { connectionString, max: 10, application_name: 'peer-queue' };
}

/** A worker that handles one job after another in each of its slots, on either backend. */
export function runBullmqWorker(
  env: PeerEnv,
  handle: (executionId: string) => Promise<void>,
): { close(): Promise<void> } {
  const { redisUrl, databaseUrl, concurrency } = env;
  const handleJob = ({ data }: { data: JobData }) => handle(data.executionId);
  if (redisUrl === null) {
    const options = { concurrency, connection: poolOf(databaseUrl) };
    return new Worker(queueName, handleJob, options, createPostgresBackend).on('error', warn);
  }
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  return new Worker(queueName, handleJob, { concurrency, connection }).on('error', warn);
}
