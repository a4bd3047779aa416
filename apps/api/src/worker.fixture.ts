import { claim, newId, type Queryable, type Settlement, settle } from '@formaops/db';

/** Claims an execution as a worker would. @returns the token of its lease. */
export async function start(db: Queryable, id: string): Promise<string> {
  const token = newId();
  const [answer] = await claim(db, [{ id, token, workerId: 'test-worker', leaseMs: 30_000 }]);
  if (!answer?.applied) throw new Error(`execution ${id} could not be claimed`);
  return token;
}

/** Takes an execution to its end as a worker would, without a word to anybody. */
export async function finish(db: Queryable, id: string, changes: Partial<Settlement> = {}): Promise<void> {
  const token = changes.token ?? (await start(db, id));
  const [answer] = await settle(db, [{ ...completed, ...changes, id, token }]);
  if (!answer?.applied) throw new Error(`execution ${id} could not be settled`);
}

const completed: Omit<Settlement, 'id' | 'token'> = {
  status: 'COMPLETED',
  output: '{"answer":42}',
  validatedOutput: { answer: 42 },
  validationStatus: 'PASSED',
  tokenUsage: { input: 10, output: 5, total: 15, model: 'gpt-4o-mini-2024-07-18' },
  error: null,
  ending: {
    outcome: 'SUCCEEDED',
    errorCode: null,
    errorMessage: null,
    providerRequestId: 'req_1',
    inputTokens: 10,
    outputTokens: 5,
    usageIsEstimated: false,
    costUsd: '0.0000045',
    latencyMs: 321,
  },
  logs: [{ level: 'INFO', message: 'Model answered', metadata: { latencyMs: 321 }, agoMs: 1 }],
  verdicts: [
    {
      validationId: 'validation-1',
      validationName: 'Answer schema',
      type: 'SCHEMA',
      outcome: 'PASSED',
      code: null,
      errors: [],
      configHash: 'c0ffee',
      durationMs: 1.5,
    },
  ],
};
