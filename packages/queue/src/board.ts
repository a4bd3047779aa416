import type { Queue } from 'bullmq';
import type { QueueConnection } from './connection.ts';
import { openWhenReady } from './wait.ts';

/**
 * The queue of executions as Bull Board's `BullMQAdapter` takes it. Waits for the queue's server as long as
 * `signal` allows; afterwards a question that the server does not answer fails within five seconds (Redis) or
 * fifteen (PostgreSQL). Close it before the connection.
 */
export function openQueueForBoard(connection: QueueConnection, signal: AbortSignal): Promise<Queue> {
  const { reportError } = connection;
  return openWhenReady({ build: () => connection.newQueue('board'), signal, reportError });
}
