import { createExecution } from '@formaops/testing';
import type { Fixture } from '../database.fixture.ts';
import { type NewRevalidation, storeRevalidation } from '../executions/revalidations.ts';
import type { NewVerdict } from '../executions/transition/attempt-records.ts';
import { handBack } from '../executions/transition/hand-back.ts';
import { expire, rescue } from '../executions/transition/maintain.ts';
import { redactExecution } from '../executions/transition/redact.ts';
import { requestCancel } from '../executions/transition/request-cancel.ts';
import { type Settlement, settle } from '../executions/transition/settle.ts';
import { claimAgain, failedAttempt, settlement } from '../executions/transition/verbs.fixture.ts';
import { newId } from '../new-id.ts';
import { insertWebhook } from '../webhooks/webhooks.ts';

const failure = {
  status: 'FAILED' as const,
  output: null,
  error: { code: 'CONTENT_FILTERED' as const, message: 'The provider refused' },
  ending: { outcome: 'FAILED' as const },
};

const verdict = (validationId: string, changes: Partial<NewVerdict> = {}): NewVerdict => ({
  validationId,
  validationName: validationId,
  type: 'SCHEMA',
  outcome: 'PASSED',
  code: null,
  errors: [],
  configHash: 'hash',
  durationMs: 1,
  ...changes,
});

const failed = verdict('pattern', { type: 'REGEX', outcome: 'FAILED', code: 'OUTPUT_PATTERN_MISMATCH' });

/** What the model answered and the validations said, as a worker writes it down. */
const judged = (validationStatus: 'PASSED' | 'FAILED', verdicts: NewVerdict[]): Partial<Settlement> => ({
  output: '{"a":1}',
  validatedOutput: validationStatus === 'PASSED' ? { a: 1 } : undefined,
  validationStatus,
  verdicts,
  logs: [
    { level: 'INFO', message: 'Model answered', metadata: {}, agoMs: 2 },
    { level: 'INFO', message: 'Output judged', metadata: { validations: verdicts.length }, agoMs: 1 },
  ],
});

const revalidation = (executionId: string, changes: Partial<NewRevalidation> = {}): NewRevalidation => ({
  executionId,
  validationStatus: 'PASSED',
  validatedOutput: { a: 1 },
  verdicts: [verdict('shape')],
  ...changes,
});

/** Is told of every end. */
const endpoint = {
  url: 'https://example.com/',
  description: null,
  eventTypes: ['*'],
  isActive: true,
  secret: 'sealed',
};

/** One execution for each thing that can happen to one, brought about by the verbs alone. @returns their ids. */
export async function createHistories(database: Fixture) {
  const { pool, userId, owner } = database;
  await insertWebhook(pool, userId, { ...endpoint, id: newId() });
  // The audit gives an endpoint a minute to settle in.
  await pool.query(`UPDATE webhooks SET active_since = active_since - interval '1 h'`);
  const end = (id: string, token: string, changes = {}) => settle(pool, [settlement(id, token, changes)]);
  const cancel = (id: string) => requestCancel(pool, [{ id, userId }]);
  const lose = async (id: string) => {
    const token = await claimAgain(database, id, -1_000);
    await rescue(pool, { limit: 10 });
    return token;
  };
  const makeLate = (id: string) =>
    pool.query(
      `UPDATE executions SET deadline_at = clock_timestamp(), check_at = clock_timestamp() WHERE id = $1`,
      [id],
    );

  const stories = {
    async passed(id: string) {
      await end(id, await claimAgain(database, id), judged('PASSED', [verdict('shape')]));
      await storeRevalidation(pool, revalidation(id));
      const none = { validationStatus: 'SKIPPED', validatedOutput: undefined } as const;
      await storeRevalidation(pool, revalidation(id, { ...none, verdicts: [] }));
      const against = { validationStatus: 'FAILED', validatedOutput: undefined } as const;
      await storeRevalidation(pool, revalidation(id, { ...against, verdicts: [verdict('shape'), failed] }));
    },
    async redacted(id: string) {
      await stories.passed(id);
      await redactExecution(pool, userId, id);
    },
    async redactedFailure(id: string) {
      await stories.failedAtLast(id);
      await redactExecution(pool, userId, id);
    },
    async notPassed(id: string) {
      await end(id, await claimAgain(database, id), judged('FAILED', [verdict('shape'), failed]));
    },
    async notJudged(id: string) {
      await end(id, await claimAgain(database, id));
    },
    async failed(id: string) {
      await end(id, await claimAgain(database, id), failure);
    },
    async failedAtLast(id: string) {
      for (let attempt = 1; attempt < 3; attempt += 1)
        await handBack(pool, [failedAttempt(id, await claimAgain(database, id))]);
      await end(id, await claimAgain(database, id), failure);
    },
    async retried(id: string) {
      const ending = { costUsd: '0.0000004', outcome: 'FAILED' } as const;
      await handBack(pool, [failedAttempt(id, await claimAgain(database, id), { ending })]);
      await end(id, await claimAgain(database, id), { ending: { costUsd: '0.0000001' } });
    },
    async released(id: string) {
      const ending = { outcome: 'SHUTDOWN', errorCode: null, errorMessage: null } as const;
      for (let stop = 0; stop < 4; stop += 1)
        await handBack(pool, [failedAttempt(id, await claimAgain(database, id), { charged: false, ending })]);
      await end(id, await claimAgain(database, id));
    },
    async estimated(id: string) {
      await end(id, await claimAgain(database, id), { ending: { usageIsEstimated: true } });
    },
    async withoutPrice(id: string) {
      await end(id, await claimAgain(database, id), { ending: { costUsd: null } });
    },
    async dear(id: string) {
      const ending = { costUsd: '9999.9', outcome: 'FAILED' } as const;
      await handBack(pool, [failedAttempt(id, await claimAgain(database, id), { ending })]);
      await end(id, await claimAgain(database, id));
    },
    async lostAndDone(id: string) {
      const zombie = await lose(id);
      const token = await claimAgain(database, id);
      await end(id, zombie, judged('PASSED', [verdict('shape')]));
      await end(id, token);
      await end(id, token);
    },
    async lostAndLate(id: string) {
      const zombie = await lose(id);
      await end(id, await claimAgain(database, id), failure);
      await handBack(pool, [failedAttempt(id, zombie)]);
    },
    async crashed(id: string) {
      for (let loss = 0; loss < 4; loss += 1) await lose(id);
    },
    async cancelledWaiting(id: string) {
      await cancel(id);
      await cancel(id);
    },
    async cancelledBetween(id: string) {
      await handBack(pool, [failedAttempt(id, await claimAgain(database, id))]);
      await cancel(id);
    },
    async cancelledHeld(id: string) {
      const token = await claimAgain(database, id);
      await cancel(id);
      await end(id, token, judged('PASSED', [verdict('shape')]));
    },
    async cancelledFailing(id: string) {
      const token = await claimAgain(database, id);
      await cancel(id);
      await handBack(pool, [failedAttempt(id, token)]);
      await end(id, token, { status: 'CANCELLED', ending: { outcome: 'FAILED' } });
    },
    async cancelledLost(id: string) {
      const token = await claimAgain(database, id, -1_000);
      await cancel(id);
      await handBack(pool, [failedAttempt(id, token)]);
      await rescue(pool, { limit: 10 });
    },
    async expiredWaiting(id: string) {
      await makeLate(id);
      await expire(pool, { limit: 10 });
    },
    async expiredBetween(id: string) {
      await handBack(pool, [failedAttempt(id, await claimAgain(database, id))]);
      await makeLate(id);
      await expire(pool, { limit: 10 });
    },
    async expiredLost(id: string) {
      await claimAgain(database, id, -1_000);
      await makeLate(id);
      await rescue(pool, { limit: 10 });
    },
    async waiting() {
      // As it was submitted.
    },
    async waitingForItsTime(id: string) {
      await pool.query(
        `UPDATE executions SET run_at = now() + interval '1 h', check_at = now() + interval '1 h',
           deadline_at = now() + interval '2 h' WHERE id = $1`,
        [id],
      );
    },
    async held(id: string) {
      await claimAgain(database, id);
    },
    async heldAgain(id: string) {
      await lose(id);
      await handBack(pool, [failedAttempt(id, await claimAgain(database, id))]);
      await claimAgain(database, id);
    },
    async between(id: string) {
      await handBack(pool, [failedAttempt(id, await claimAgain(database, id), { delayMs: 60_000 })]);
    },
    async heldAndUnwanted(id: string) {
      await claimAgain(database, id);
      await cancel(id);
    },
    /** Refused to be given back, and not yet ended: the attempt is over, and its execution does not know its cost. */
    async heldAndOver(id: string) {
      const token = await claimAgain(database, id);
      await cancel(id);
      await handBack(pool, [failedAttempt(id, token)]);
    },
  };
  const ids = {} as Record<keyof typeof stories, string>;
  for (const name of Object.keys(stories) as Array<keyof typeof stories>) {
    ids[name] = await createExecution(pool, owner);
    await stories[name](ids[name]);
  }
  return ids;
}
