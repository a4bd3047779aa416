import type { Priority, TerminalStatus } from '@formaops/core';
import type { Call } from '@formaops/model-simulator';
import type { Quiescence } from '../heal.ts';
import type { Exchange } from '../load/exchange.ts';
import type { DoneFault } from '../nemesis/nemesis.ts';
import type { Operation } from '../plan/operations.ts';
import type { ProcessId } from '../rig/process-table.ts';
import type { Life } from '../rig/supervise.ts';
import type { LogScan } from './scan-logs.ts';

/** An execution as it is stored. */
export interface ExecutionFact {
  id: string;
  userId: string;
  /** From its context; null for what no plan asked for. */
  ordinal: number | null;
  status: TerminalStatus | 'PENDING' | 'RUNNING';
  priority: Priority;
  attempt: number;
  maxAttempts: number;
  crashAttempts: number;
  finishedToken: string | null;
  output: string | null;
  costUsd: string | null;
  spentUsd: string | null;
  errorCode: string | null;
  createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
}

/** A row of the ledger. */
export interface AttemptFact {
  executionId: string;
  attempt: number;
  token: string;
  workerId: string;
  startedAt: Date;
  endedAt: Date | null;
  outcome: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'SHUTDOWN' | 'LOST' | null;
  providerRequestId: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: string | null;
}

/** What a tenant was answered who asked for an execution. */
export interface Sighting {
  executionId: string;
  isOwner: boolean;
  status: number;
}

/** Everything that is known after a run. The rules look at nothing else. */
export interface Facts {
  operations: readonly Operation[];
  exchanges: readonly Exchange[];
  executions: readonly ExecutionFact[];
  attempts: readonly AttemptFact[];
  calls: readonly Call[];
  faults: readonly DoneFault[];
  lives: readonly Life[];
  quiescence: Quiescence;
  sightings: readonly Sighting[];
  logs: LogScan;
  /** Where secrets were found outside the logs. */
  leaks: readonly string[];
  /** Processes of the product that outlived it. */
  survivors: readonly ProcessId[];
  /** The user ids of the tenants; the first is the noisy one. */
  tenants: readonly string[];
}

/** Something that must not be. */
export interface Violation {
  /** Of the invariant. */
  rule: string;
  detail: string;
  executionId?: string | null;
  ordinal?: number | null;
}

/** One invariant. Pure, so that each can be shown to fail. */
export interface Rule {
  id: string;
  promise: string;
  check(facts: Facts): Array<Omit<Violation, 'rule'>>;
}
