/**
 * The queue of executions: its jobs are bells (see `payloads.ts`). Every queue of the product is named in this
 * file; BullMQ refuses names with a colon.
 */
export const EXECUTIONS_QUEUE = 'executions';

/** What every job of `executions` is called; Bull Board shows it. */
export const EXECUTION_BELL = 'execution';

/** PostgreSQL schema that holds BullMQ's tables when the queue lives in PostgreSQL. */
export const QUEUE_SCHEMA = 'bullmq';

/** Start of every Redis key when the queue lives in Redis. */
export const REDIS_PREFIX = 'formaops';

/** Namespace of the messages between processes, on either backend. */
export const SIGNAL_NAMESPACE = 'formaops';

/** Topics of the messages between processes; segments are separated by dots. */
export const SIGNAL_TOPICS = { cancel: 'executions.cancel', finished: 'executions.finished' } as const;

/** Topic on which processes say what they watch. */
export const WATCH_TOPIC = 'events.watch';

/** Topic of what one process wants to hear of executions. */
export function eventsTopic(address: string): string {
  return `events.to.${address}`;
}
