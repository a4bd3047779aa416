import type { Clock, Logger, Random, RetryPolicy } from '@formaops/core';
import type { Queryable } from '@formaops/db';
import type { ModelProvider, PriceBook } from '@formaops/providers';
import type { Signals } from '@formaops/queue';
import type { Failpoint } from '@formaops/runtime';
import type { Judge } from '@formaops/validation';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { ProviderHealth } from './provider-health.ts';

/** Everything an attempt needs; built once in `main.ts`. */
export interface WorkerDeps {
  workerId: string;
  /** How long a claim holds without a heartbeat, in milliseconds. */
  leaseMs: number;
  db: Queryable;
  leases: LeaseKeeper;
  provider: ModelProvider;
  health: ProviderHealth;
  retryPolicy: RetryPolicy;
  prices: PriceBook;
  judge: Pick<Judge, 'judge'>;
  signals: Pick<Signals, 'publishFinished'>;
  clock: Clock;
  random: Random;
  failpoint: Failpoint;
  log: Logger;
}
