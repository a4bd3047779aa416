import type { LimitsByPlan, Logger, SealingKey, WebhookUrlPolicy } from '@formaops/core';
import type { Inserted, NewExecution, Queryable } from '@formaops/db';
import type { EventPublisher, Producer, Signals } from '@formaops/queue';
import type { Failpoint } from '@formaops/runtime';
import type { Judge } from '@formaops/validation';
import type { Backlogs } from './background/backlogs.ts';
import type { FinishWaiters } from './background/finish-waiters.ts';
import type { KnownCallers } from './background/known-callers.ts';
import type { KnownPrompts } from './background/known-prompts.ts';
import type { RequestCounts } from './background/request-counts.ts';
import type { Ringer } from './background/ringer.ts';
import type { Spending } from './background/spending.ts';
import type { EventHub } from './events/event-hub.ts';
import type { EventStreams } from './events/event-streams.ts';

/** Everything routes and use-cases need; built once in `main.ts`. */
export interface ApiDeps {
  db: Queryable;
  callers: KnownCallers;
  prompts: KnownPrompts;
  /** Stores an execution of about so many bytes; those that come at the same time share a statement and its commit. */
  insert(execution: NewExecution, bytes: number): Promise<Inserted>;
  producer: Pick<Producer, 'remove'>;
  ringer: Pick<Ringer, 'ring'>;
  signals: Pick<Signals, 'publishCancel' | 'publishFinished'>;
  waiters: FinishWaiters;
  events: LiveEvents;
  keyUsage: { note(keyId: string): void };
  /** Whether so much waits that a new execution is not started soon. */
  line: { isLong(): boolean };
  models: ModelPolicy;
  limits: LimitsByPlan;
  backlogs: Backlogs;
  spending: Spending;
  requestCounts: RequestCounts;
  /** Whose pages may ask; none when empty. */
  corsOrigins: readonly string[];
  /** When the bell of a new execution is taken for lost, in milliseconds. */
  bellLostMs: number;
  /** When workers look for the bell of an execution that still waits, in milliseconds. */
  bellRepeatMs: number;
  /** Checks and tries validations; no tenant's code runs in this process. */
  judge: Pick<Judge, 'judge' | 'check'>;
  /** The first of the keys seals the secrets of new webhooks; without one there are none. */
  webhooks: WebhookUrlPolicy & { keys: readonly SealingKey[] };
  failpoint: Failpoint;
  log: Logger;
}

/** What clients follow executions by. */
export interface LiveEvents {
  /** Tells every process that executions have news. */
  publisher: Pick<EventPublisher, 'changed'>;
  hub: EventHub;
  streams: EventStreams;
}

/** Which models callers may use. */
export interface ModelPolicy {
  /** Names; one that ends in `*` stands for all that start so. */
  allowed: readonly string[];
  fallback: string;
}
