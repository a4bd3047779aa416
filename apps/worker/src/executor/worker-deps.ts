import type { Clock, Logger, Random, RetryPolicy } from '@formaops/core';
import type {
  ActiveValidation,
  Claim,
  ClaimAnswer,
  HandBack,
  HandedBack,
  Queryable,
  RunningCaps,
  Settled,
  Settlement,
  Written,
} from '@formaops/db';
import type { ModelProvider, PriceBook } from '@formaops/providers';
import type { EventPublisher, Producer, Signals } from '@formaops/queue';
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
  // Calls that come at the same time share a statement. Where they may be large they say about how many bytes they have.
  claim(claim: Claim): Promise<ClaimAnswer>;
  /** The validations of a prompt that judge now. */
  listValidations(promptId: string): Promise<ActiveValidation[]>;
  settle(settlement: Settlement, bytes: number): Promise<Written<Settled>>;
  handBack(handBack: HandBack, bytes: number): Promise<Written<HandedBack>>;
  runningCaps: RunningCaps;
  /** Rings for executions that there is room for. */
  producer: Pick<Producer, 'ring'>;
  /** When a bell is taken for lost, in milliseconds. */
  bellLostMs: number;
  leases: LeaseKeeper;
  provider: ModelProvider;
  health: ProviderHealth;
  retryPolicy: RetryPolicy;
  prices: PriceBook;
  judge: Pick<Judge, 'judge'>;
  signals: Pick<Signals, 'publishFinished'>;
  /** For those who follow executions. */
  events: EventPublisher;
  clock: Clock;
  random: Random;
  failpoint: Failpoint;
  log: Logger;
}
