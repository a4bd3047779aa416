import { createExecution } from '@formaops/testing';
import type { Fixture } from '../../database.fixture.ts';
import { newId } from '../../new-id.ts';
import type { NewExecution } from '../insert.ts';
import type { AttemptEnding } from './attempt-records.ts';
import { claim } from './claim.ts';
import type { HandBack } from './hand-back.ts';
import type { Settlement } from './settle.ts';

export interface Held {
  id: string;
  token: string;
}

/** An execution whose lease we hold; with a negative `leaseMs` one whose lease is over. */
export async function createClaimed(
  database: Fixture,
  changes: Partial<NewExecution> = {},
  leaseMs = 60_000,
): Promise<Held> {
  const id = await createExecution(database.pool, database.owner, changes);
  return { id, token: await claimAgain(database, id, leaseMs) };
}

/** Claims an execution. @returns the token of its new lease. */
export async function claimAgain({ pool }: Fixture, id: string, leaseMs = 60_000): Promise<string> {
  const token = newId();
  const [answer] = await claim(pool, [{ id, token, workerId: 'worker-1', leaseMs }]);
  if (!answer?.applied) throw new Error(`the claim of ${id} was refused: ${answer?.reason}`);
  return token;
}

/** How an attempt ended that went well and cost a tenth of a dollar. */
const ending: AttemptEnding = {
  outcome: 'SUCCEEDED',
  errorCode: null,
  errorMessage: null,
  providerRequestId: 'req-1',
  inputTokens: 156,
  outputTokens: 89,
  usageIsEstimated: false,
  costUsd: '0.1',
  latencyMs: 2_340,
};

/** A settlement as COMPLETED without validations, changed as wished. */
export function settlement(
  id: string,
  token: string,
  {
    ending: endingChanges,
    ...changes
  }: Partial<Omit<Settlement, 'ending'>> & { ending?: Partial<AttemptEnding> } = {},
): Settlement {
  return {
    id,
    token,
    status: 'COMPLETED',
    output: 'Hello!',
    validatedOutput: undefined,
    validationStatus: 'SKIPPED',
    tokenUsage: { input: 156, output: 89, total: 245, model: 'gpt-4o-mini' },
    error: null,
    ending: { ...ending, ...endingChanges },
    logs: [],
    verdicts: [],
    ...changes,
  };
}

/** A charged hand-back after a failure that is due again at once, changed as wished. */
export function failedAttempt(
  id: string,
  token: string,
  {
    ending: endingChanges,
    ...changes
  }: Partial<Omit<HandBack, 'ending'>> & { ending?: Partial<AttemptEnding> } = {},
): HandBack {
  const failed = {
    ...ending,
    outcome: 'FAILED' as const,
    errorCode: 'PROVIDER_UNAVAILABLE',
    errorMessage: 'No answer',
  };
  return {
    id,
    token,
    charged: true,
    delayMs: 0,
    bellLostMs: 5_000,
    ending: { ...failed, ...endingChanges },
    logs: [],
    ...changes,
  };
}
