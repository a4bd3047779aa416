import { randomUUID } from 'node:crypto';
import { createSealingKey, type JsonObject, type UserPlan } from '@formaops/core';
import { createExecution, createPrompt, createValidation } from '@formaops/testing';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { type Answer, call } from './call.fixture.ts';
import type { DescribedOperation } from './described-operations.fixture.ts';
import { createTroubles, limitsWith, type Troubles } from './troubles.fixture.ts';

/** What differs from a request that is all right, of somebody who has nothing. */
export interface Asked {
  /** Address of the API that is asked. */
  url?: string;
  /** Null to show none. */
  apiKey?: string | null;
  /** By their names in the path; random ones where they are left out. */
  ids?: Record<string, string>;
  query?: string;
  headers?: Record<string, string>;
  /** The example of the document when left out. */
  body?: unknown;
}

/** An API in which everything is all right, and beside it those in which something is wrong. */
export interface Bench extends AsyncDisposable {
  api: TestApi;
  user: TestClient;
  troubles: Troubles;
  ask(operation: DescribedOperation, asked?: Asked): Promise<Answer>;
  scene(options?: SceneOptions): Promise<Scene>;
}

export interface SceneOptions {
  plan?: UserPlan;
  /** What the execution was given. */
  text?: string;
}

/** A user with a published prompt that has a validation, and an execution of it that waits. */
export interface Scene {
  owner: TestClient;
  promptId: string;
  executionId: string;
  validationId: string;
  /** Asks as the owner, and for what the owner has. */
  ask(operation: DescribedOperation, asked?: Asked): Promise<Answer>;
  /** A body that is accepted. */
  bodyFor(operation: DescribedOperation): JsonObject;
}

export const webhookKeys = [createSealingKey('the key of the tests, made by nobody')];
const limits = limitsWith('FREE.maxWaiting=1', 'FREE.maxCostUsdPerDay=0.000001');

export async function startBench(): Promise<Bench> {
  const stack = new AsyncDisposableStack();
  const api = stack.use(await startTestApi({ PLAN_LIMITS: limits, WEBHOOK_SECRET_KEY: webhookKeys }));
  const user = await api.user('PRO');
  const ask: Bench['ask'] = (
    { method, path, example },
    { url = api.url, apiKey = user.apiKey, ids = {}, query = '', headers = {}, body = example } = {},
  ) => {
    const shown: Record<string, string> = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
    return call(url + fill(path, ids) + query, { method, headers: { ...shown, ...headers }, body });
  };
  return {
    api,
    user,
    troubles: stack.use(createTroubles(api, webhookKeys)),
    ask,
    scene: (options) => createScene(api, ask, options),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A path with ids, random ones where they are left out. */
export function fill(path: string, ids: Record<string, string> = {}): string {
  return path.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => ids[name] ?? (name === 'version' ? '1' : randomUUID()),
  );
}

async function createScene(
  api: TestApi,
  ask: Bench['ask'],
  { plan = 'PRO', text = 'hello' }: SceneOptions = {},
): Promise<Scene> {
  const owner = await api.user(plan);
  const { userId, apiKey } = owner;
  const promptId = await createPrompt(api.db, { userId, template: 'Say {{text}}' });
  const inputs = { text };
  const executionId = await createExecution(api.db, { userId, promptId }, { inputs });
  const validationId = await createValidation(api.db, { promptId, config: {} });
  const idsFor = (path: string) => ({
    id: path.startsWith('/v1/executions/') ? executionId : promptId,
    validationId,
  });
  const bodyFor = ({ operationId, example }: DescribedOperation): JsonObject =>
    operationId === 'submitExecution' ? { promptId, inputs } : (example as JsonObject);
  return {
    owner,
    promptId,
    executionId,
    validationId,
    bodyFor,
    ask: (operation, { ids, ...asked } = {}) =>
      ask(operation, {
        apiKey,
        ids: { ...idsFor(operation.path), ...ids },
        ...(operation.hasBody && { body: bodyFor(operation) }),
        ...asked,
      }),
  };
}
