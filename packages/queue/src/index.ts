export type { QueueBackend, QueueHealth } from './backend.ts';
export { openQueueForBoard } from './board.ts';
export {
  migrateQueue,
  openQueueConnection,
  type QueueConnection,
  type QueueConnectionOptions,
  type QueueLocation,
} from './connection.ts';
export {
  type BellContext,
  type Consumer,
  type ConsumerOptions,
  createConsumer,
  type Disposition,
} from './consumer.ts';
export {
  type AttemptRef,
  createEventPublisher,
  type EventPublisher,
  type EventPublisherOptions,
} from './events/event-publisher.ts';
export {
  type EventsMessage,
  type ExecutionRef,
  executionKey,
  type OutputPiece,
  userKey,
  type WatchNotice,
} from './events/messages.ts';
export {
  createWatchAnnouncer,
  type WatchAnnouncer,
  type WatchAnnouncerOptions,
} from './events/watch-announcer.ts';
export { createWatchers, type Watchers } from './events/watchers.ts';
export { EXECUTIONS_QUEUE, QUEUE_SCHEMA, REDIS_PREFIX } from './names.ts';
export { type BellId, type ExecutionBell, executionIdOf } from './payloads.ts';
export {
  PRIORITY_EPOCH_MS,
  PRIORITY_HANDICAP_UNITS,
  PRIORITY_MAX,
  PRIORITY_UNIT_MS,
  queuePriority,
} from './priority.ts';
export {
  type Bell,
  createProducer,
  type Producer,
  type QueueCounts,
} from './producer.ts';
export { createSignals, type SignalListener, type Signals, type SignalsOptions } from './signals.ts';
export { type QueueWatch, watchQueue } from './watch-queue.ts';
