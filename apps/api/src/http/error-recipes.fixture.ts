import { randomInt } from 'node:crypto';
import { createApiKey, type ErrorCode, type JsonObject } from '@formaops/core';
import { issueApiKey, maxApiKeys, maxValidations, maxWebhooks } from '@formaops/db';
import { createValidation } from '@formaops/testing';
import { finish } from '../worker.fixture.ts';
import type { Answer } from './call.fixture.ts';
import type { DescribedOperation } from './described-operations.fixture.ts';
import { type Asked, type Bench, fill, type Scene, type SceneOptions } from './errors.fixture.ts';
import { maxBodyBytes } from './json-body.ts';
import { speakTo } from './speak.fixture.ts';
import { type DatabaseFault, headOfLarge } from './troubles.fixture.ts';

/** Makes an operation answer with an error. */
export type Recipe = (operation: DescribedOperation, bench: Bench) => Promise<Answer>;

/** They ask the database only who calls: what comes later has no part in the answer. */
const askingNothing = new Set(['tryValidation', 'submitBatch']);

const failingDatabase =
  (fault: DatabaseFault): Recipe =>
  async (operation, { ask, troubles }) => {
    const isEarly = askingNothing.has(operation.operationId);
    return ask(operation, { url: await (isEarly ? troubles.failing : troubles.failingLater)(fault) });
  };

/** Whatever the operation is about, and for somebody who has nothing. */
const ofAnyRequest = {
  UNAUTHENTICATED: (operation, { ask }) => ask(operation, { apiKey: null }),
  INVALID_API_KEY: (operation, { ask }) => ask(operation, { apiKey: createApiKey(randomInt) }),
  SCOPE_MISSING: async (operation, { ask, troubles }) =>
    ask(operation, { apiKey: await troubles.keyWithout(operation.scope) }),
  RATE_LIMITED: async (operation, { ask, troubles }) => ask(operation, await troubles.usedUp()),
  INTERNAL: failingDatabase('INTERNAL'),
  DATABASE_UNAVAILABLE: failingDatabase('DATABASE_UNAVAILABLE'),
  DATABASE_BUSY: failingDatabase('DATABASE_BUSY'),
  NOT_FOUND: (operation, { ask }) => ask(operation),
  INVALID_JSON: (operation, { ask }) => ask(operation, { body: '{' }),
  UNSUPPORTED_MEDIA_TYPE: (operation, { ask }) =>
    ask(operation, { headers: { 'content-type': 'text/plain' } }),
  PAYLOAD_TOO_LARGE: (operation, { ask }) => {
    const maxBytes = operation.operationId === 'submitBatch' ? 12 * maxBodyBytes : maxBodyBytes;
    return ask(operation, { body: Buffer.alloc(maxBytes + 1, ' ') });
  },
  INVALID_REQUEST: (operation, { ask }) =>
    ask(operation, operation.hasBody ? { body: { unknown: true } } : { query: '?unknown=true' }),
  REQUEST_TIMEOUT: async ({ method, path }, { troubles, user }) => {
    const url = new URL(fill(path), await troubles.impatient());
    return speakTo(url.href, method, headOfLarge(`${method} ${url.pathname}`, user.apiKey));
  },
  OVERLOADED: async (operation, { ask, troubles }) => {
    if (operation.path.startsWith('/v1/metrics/')) return ask(operation, await troubles.waiting());
    if (!operation.hasBody) return ask(operation, { url: await troubles.full() });
    await using crowd = await troubles.crowd();
    return await ask(operation, { apiKey: crowd.apiKey });
  },
  TOO_MANY_STREAMS: async (operation, { ask, troubles }) => ask(operation, await troubles.following()),
  SHUTTING_DOWN: async (operation, { ask, troubles }) => ask(operation, { url: await troubles.stopping() }),
  METRICS_PREPARING: async (operation, { ask, api }) => {
    await api.db.query('UPDATE metric_backfill SET completed_at = NULL');
    const answer = await ask(operation);
    await api.db.query('UPDATE metric_backfill SET completed_at = now()');
    return answer;
  },
} satisfies Partial<Record<ErrorCode, Recipe>>;

/** Makes of a scene what is needed, and answers with what is then to be asked in another way. */
export type Prepare = (
  scene: Scene,
  bench: Bench,
  operation: DescribedOperation,
) => Promise<Asked | undefined>;

/** Asks in a scene where the operation ends with the error. */
const inScene =
  (options: SceneOptions, prepare: Prepare): Recipe =>
  async (operation, bench) => {
    const scene = await bench.scene(options);
    return scene.ask(operation, (await prepare(scene, bench, operation)) ?? {});
  };

export const enter =
  (status: string): Prepare =>
  async ({ promptId }, { api }) => {
    await api.db.query('UPDATE prompts SET status = $2 WHERE id = $1', [promptId, status]);
  };

const nothing: Prepare = async () => undefined;

/** The execution ends, with an output unless it is taken away. */
const endWith =
  (changes: Parameters<typeof finish>[2]): Prepare =>
  async ({ executionId }, { api }) => {
    await finish(api.db, executionId, changes);
  };
export const end = endWith({});

const withoutOutput: Parameters<typeof finish>[2] = {
  output: null,
  validatedOutput: undefined,
  validationStatus: 'SKIPPED',
  verdicts: [],
};

const withTemplate =
  (template: string): Prepare =>
  async ({ owner, promptId }) => {
    await owner.patch(`/v1/prompts/${promptId}`, { template });
  };

const functionConfig = { source: '() => true' };

/** By operation, what has a FUNCTION come in; the others meet the one that the prompt has. */
const withFunction: Record<string, JsonObject> = {
  createValidation: { type: 'FUNCTION', config: functionConfig },
  tryValidation: { type: 'FUNCTION', config: functionConfig },
  updateValidation: { isActive: true },
};

/** Where somebody has something. */
const ofScenes = {
  PLAN_FORBIDDEN: inScene({ plan: 'FREE' }, async (scene, bench, operation) => {
    const { promptId } = scene;
    const owned = { promptId, type: 'FUNCTION', config: functionConfig } as const;
    const ids = { validationId: await createValidation(bench.api.db, owned) };
    await end(scene, bench, operation);
    const changes = withFunction[operation.operationId];
    return changes ? { ids, body: { ...scene.bodyFor(operation), ...changes } } : { ids };
  }),
  // For a repetition only an operator can have done that: nobody else makes a draft of what was published.
  PROMPT_NOT_PUBLISHED: inScene({}, enter('DRAFT')),
  PROMPT_ARCHIVED: inScene({}, enter('ARCHIVED')),
  PROMPT_TOO_LONG: inScene({ text: 'x'.repeat(100_000) }, withTemplate('{{text}}'.repeat(11))),
  PROMPT_EMPTY: inScene({ text: ' ' }, withTemplate('{{text}}')),
  IDEMPOTENCY_KEY_REUSED: inScene({}, async (scene, _bench, operation) => {
    const headers = { 'idempotency-key': 'used' };
    await scene.ask(operation, { headers });
    return { headers, body: { ...scene.bodyFor(operation), priority: 'LOW' } };
  }),
  BACKLOG_LIMIT: inScene({ plan: 'FREE' }, nothing),
  COST_LIMIT: inScene({ plan: 'FREE' }, end),
  EXECUTION_NOT_FINISHED: inScene({}, nothing),
  EXECUTION_ALREADY_FINISHED: inScene({}, end),
  EXECUTION_HAS_NO_OUTPUT: inScene({}, endWith(withoutOutput)),
  EXECUTION_REDACTED: inScene({}, async (scene, bench, operation) => {
    await end(scene, bench, operation);
    await scene.owner.post(`/v1/executions/${scene.executionId}/redact`);
  }),
  SANDBOX_UNAVAILABLE: inScene({}, async (scene, bench, operation) => {
    await end(scene, bench, operation);
    const url = await bench.troubles.withoutSandbox();
    // Its config is looked at only when it is switched on.
    return operation.operationId === 'updateValidation' ? { url, body: { isActive: true } } : { url };
  }),
  PRECONDITION_FAILED: inScene({}, async ({ owner }, _bench, { hasBody }) => ({
    // Without executions: that they are there counts before what has changed.
    ids: { id: owner.promptId },
    headers: { 'if-match': '"as-it-was"' },
    ...(hasBody && { body: { description: 'other' } }),
  })),
  PROMPT_IN_USE: inScene({}, nothing),
  VALIDATION_NAME_TAKEN: inScene({}, async (scene, { api }, operation) => {
    const { promptId } = scene;
    const validationId = await createValidation(api.db, { promptId, config: {} });
    return { ids: { validationId }, body: { ...scene.bodyFor(operation), name: 'Test' } };
  }),
  TOO_MANY_VALIDATIONS: inScene({}, async ({ promptId }, { api }) => {
    for (let n = 1; n < maxValidations; n += 1) await createValidation(api.db, { promptId, config: {} });
  }),
  TOO_MANY_API_KEYS: inScene({}, async ({ owner }, { api }) => {
    for (let n = 1; n < maxApiKeys; n += 1) await issueApiKey(api.db, owner.userId, `key ${n}`);
  }),
  TOO_MANY_WEBHOOKS: inScene({}, async ({ owner }) => {
    for (let n = 1; n <= maxWebhooks; n += 1)
      await owner.post('/v1/webhooks', { url: 'https://example.com/' });
  }),
  WEBHOOKS_UNAVAILABLE: inScene({}, async (_scene, { troubles }) => ({
    url: await troubles.withoutWebhookKeys(),
  })),
  WEBHOOK_INACTIVE: inScene({}, async ({ owner }) => {
    const { body: webhook } = await owner.post('/v1/webhooks', { url: 'https://example.com/' });
    const path = `/v1/webhooks/${webhook['id']}`;
    const { body: delivery } = await owner.post(`${path}/test`);
    await owner.patch(path, { isActive: false });
    return { ids: { id: String(webhook['id']), deliveryId: String(delivery['id']) } };
  }),
} satisfies Partial<Record<ErrorCode, Recipe>>;

/** How to provoke each error, by its code. */
export const recipes: Partial<Record<ErrorCode, Recipe>> = { ...ofAnyRequest, ...ofScenes };
