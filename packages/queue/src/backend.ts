import type { Processor, Queue, Relay, Worker, WorkerOptions } from 'bullmq';
import type { ExecutionBell } from './payloads.ts';

/** Whether the queue's server can be used. */
export type QueueHealth =
  /** Each warning is a sentence for the operator: what it means, and what to change. */
  | { readonly state: 'ready'; readonly warnings: readonly string[] }
  /** Did not answer; may heal by itself. */
  | { readonly state: 'unreachable'; readonly reason: string }
  /** Answered, but must not be used as it is; a person has to change it. */
  | { readonly state: 'unfit'; readonly reason: string };

/** How long `check` waits for the server, in milliseconds. */
export const CHECK_MS = 2_000;

/** The one seam between the two servers: how BullMQ's objects are built, and nothing of what they do. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  /**
   * Asks the server, for two seconds at most, whether it suits: reachable with our credential, new enough, and either
   * a Redis that evicts nothing or a PostgreSQL whose schema `bullmq` is migrated. Never rejects, and no reason holds
   * a secret.
   */
  check(): Promise<QueueHealth>;
  newQueue(use: QueueUse): BellQueue;
  newWorker(process: BellProcessor, options: Omit<WorkerOptions, 'connection'>): BellWorker;
  newRelay(): BellRelay;
  /**
   * Ends every connection, after everything that was built has been closed. Takes 2 seconds at most; what a
   * server that hangs keeps open then, ends with the process.
   */
  close(): Promise<void>;
}

/** `ring` fails fast, so that nobody waits for a queue that is down; at the `board` a person is looking. */
export type QueueUse = 'ring' | 'board';

export type BellProcessor = Processor<ExecutionBell, void>;

/** BullMQ's types name the server; nothing here or in Bull Board uses what differs. */
export type BellQueue = Queue<ExecutionBell, void>;
export type BellWorker = Worker<ExecutionBell, void>;
export type BellRelay = Pick<Relay, 'publish' | 'subscribe' | 'waitUntilReady' | 'close'>;

/** Options of the queue on either server. BullMQ neither retries nor decides: a bell has one attempt, its default. */
export const queueOptions = {
  // Only Bull Board looks at the stream; BullMQ would keep 10,000 events.
  streams: { events: { maxLen: 1_000 } },
};

/**
 * What the queue keeps of bells whose handler failed. It is for people to look at, and does no harm, because every ringing
 * has its own id.
 */
export const keptFailed = { age: 86_400, count: 5_000 };
