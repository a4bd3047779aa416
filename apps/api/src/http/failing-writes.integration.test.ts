import type { Queryable } from '@formaops/db';
import { systemClock } from '@formaops/runtime';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApp, type TestApp } from '../app.fixture.ts';
import { createKnownCallers } from '../background/known-callers.ts';
import type { Answer } from './call.fixture.ts';
import { type DescribedOperation, describedOperations } from './described-operations.fixture.ts';
import { end, enter, type Prepare } from './error-recipes.fixture.ts';
import { type Bench, startBench, webhookKeys } from './errors.fixture.ts';

let bench: Bench;
let app: TestApp;
/** Statements that still go well; then the database is gone. */
let left = Number.POSITIVE_INFINITY;

beforeAll(async () => {
  bench = await startBench();
  const { db } = bench.api;
  const query = async (...parts: unknown[]) => {
    if (left === 0) throw Object.assign(new Error('terminating connection'), { code: '57P01' });
    left -= 1;
    return Reflect.apply(db.query, db, parts);
  };
  app = await startTestApp({ query } as unknown as Queryable, {
    callers: createKnownCallers(db, systemClock),
    webhooks: { keys: webhookKeys, allowPrivate: false },
    judge: {
      judge: async () => ({ status: 'PASSED', validatedOutput: {}, verdicts: [], extraction: 'whole' }),
      check: async () => ({ code: null, problems: [], warnings: [] }),
    },
  });
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

const withWebhook: Prepare = async ({ owner }) => {
  const { body: webhook } = await owner.post('/v1/webhooks', { url: 'https://example.com/' });
  const { body: delivery } = await owner.post(`/v1/webhooks/${webhook['id']}/test`);
  return { ids: { id: String(webhook['id']), deliveryId: String(delivery['id']) } };
};

const withApiKey: Prepare = async ({ owner }) => {
  const { body: apiKey } = await owner.post('/v1/api-keys', { name: 'k', scopes: ['read'] });
  return { ids: { id: String(apiKey['id']) } };
};

/** What else is needed so that an operation goes well. */
const preparations: Record<string, Prepare> = {
  deleteExecution: end,
  redactExecution: end,
  revalidateExecution: end,
  cancelExecutions: async ({ executionId }) => ({ body: { ids: [executionId] } }),
  submitBatch: async ({ promptId }) => ({ body: { items: [{ promptId, inputs: { text: 'x' } }] } }),
  publishPrompt: enter('DRAFT'),
  updatePrompt: async () => ({ body: { template: 'Tell {{text}}' } }),
  deletePrompt: async ({ owner }) => ({ ids: { id: owner.promptId } }),
  restorePromptVersion: async ({ owner, promptId }) => {
    await owner.patch(`/v1/prompts/${promptId}`, { template: 'Tell {{text}}' });
    return {};
  },
  updateApiKey: withApiKey,
  revokeApiKey: withApiKey,
  updateWebhook: withWebhook,
  deleteWebhook: withWebhook,
  rotateWebhookSecret: withWebhook,
  redeliverWebhook: withWebhook,
  testWebhook: withWebhook,
};

const nothing: Prepare = async () => ({});

/** Everything that is stored, except for what the API notes of requests by the way. */
async function stored(): Promise<unknown> {
  const { rows: tables } = await bench.api.db.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'user_requests' ORDER BY 1`,
  );
  const digests = tables.map(
    ({ name }) =>
      `SELECT '${name}' AS name, md5(string_agg(row, '' ORDER BY row)) AS digest
       FROM (SELECT (to_jsonb(t) - 'last_used')::text AS row FROM "${name}" t) rows`,
  );
  return (await bench.api.db.query(digests.join(' UNION ALL '))).rows;
}

/** Asks in a new scene, while so many statements go well. */
async function askWith(statements: number, operation: DescribedOperation) {
  const scene = await bench.scene();
  const prepare = preparations[operation.operationId] ?? nothing;
  const asked = (await prepare(scene, bench, operation)) ?? {};
  const before = await stored();
  left = statements;
  const answer = await scene.ask(operation, { ...asked, url: app.url });
  left = Number.POSITIVE_INFINITY;
  return { answer, before, after: await stored() };
}

/** Of a batch, each part is answered by itself. */
function isRefused({ body }: Answer): boolean {
  return body['code'] === 'DATABASE_UNAVAILABLE' || (body['refused'] ?? 0) !== 0;
}

/** A try stores nothing. */
const writes = describedOperations().filter(
  ({ scope, operationId }) => scope === 'write' && operationId !== 'tryValidation',
);

describe('a write that the database fails', () => {
  it.each(writes.map((operation) => [operation.operationId, operation] as const))(
    'has changed nothing, whichever statement it was: %s',
    async (_id, operation) => {
      for (let statements = 0; ; statements += 1) {
        const { answer, before, after } = await askWith(statements, operation);
        if (isRefused(answer)) expect(after).toEqual(before);
        else {
          // In the end it went well, and that is seen.
          expect(answer.status).toBeLessThan(300);
          expect(after).not.toEqual(before);
          break;
        }
      }
    },
  );
});
