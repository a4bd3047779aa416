import type { LimitsByPlan, Logger } from '@formaops/core';
import type { Queryable } from '@formaops/db';
import type { Producer, Signals } from '@formaops/queue';
import type { Failpoint } from '@formaops/runtime';
import type { Judge } from '@formaops/validation';
import type { Backlogs } from './background/backlogs.ts';
import type { FinishWaiters } from './background/finish-waiters.ts';

/** Everything routes and use-cases need; built once in `main.ts`. */
export interface ApiDeps {
  db: Queryable;
  producer: Producer;
  signals: Pick<Signals, 'publishCancel' | 'publishFinished'>;
  waiters: FinishWaiters;
  keyUsage: { note(keyId: string): void };
  ringReceipts: { note(ids: readonly string[]): void };
  models: ModelPolicy;
  limits: LimitsByPlan;
  backlogs: Backlogs;
  /** When the bell of a new execution is taken for lost, in milliseconds. */
  bellLostMs: number;
  /** Checks and tries validations; no tenant's code runs in this process. */
  judge: Pick<Judge, 'judge' | 'check'>;
  failpoint: Failpoint;
  log: Logger;
}

/** Which models callers may use. */
export interface ModelPolicy {
  /** Names; one that ends in `*` stands for all that start so. */
  allowed: readonly string[];
  fallback: string;
}
