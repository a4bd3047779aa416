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

// Three attempts with growing pauses, as BullMQ's guide to production shows. Completed jobs go at once.
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
  const queue = new Queue<JobData, void>(queueName, { ...queueOptions, connection: new Redis(url) });
  return queue.on('error', warn);
}

function onPostgres(connectionString: string) {
  const connection = { connectionString, max: 10 };
  const queue = new Queue(queueName, { ...queueOptions, connection }, createPostgresBackend);
  return queue.on('error', warn);
}

/** A worker that handles one job after another in each of its slots, on either backend. */
export function runBullmqWorker(
  { redisUrl, databaseUrl, concurrency }: PeerEnv,
  handle: (executionId: string) => Promise<void>,
): { close(): Promise<void> } {
  const process = ({ data }: { data: JobData }) => handle(data.executionId);
  const options = { concurrency };
  const worker =
    redisUrl === null
      ? new Worker(
          queueName,
          process,
          { ...options, connection: { connectionString: databaseUrl, max: 10 } },
          createPostgresBackend,
        ).on('error', warn)
      : new Worker<JobData, void>(queueName, process, {
          ...options,
          connection: new Redis(redisUrl, { maxRetriesPerRequest: null }),
        }).on('error', warn);
  return { close: () => worker.close() };
}
