import type { JsonObject, UserPlan } from '@formaops/core';
import { openPool } from '@formaops/db';
import { createPrompt, createUser, recordingLog, testDatabase } from '@formaops/testing';
import { createApiProcess } from './api.ts';
import { type ApiEnv, envSchema } from './env.ts';
import { type Answer, call } from './http/call.fixture.ts';

export const boardPassword = 'correct horse battery';

/** An API with a database of its own; gone when the test's scope ends. */
export interface TestApi extends AsyncDisposable {
  url: string;
  /** Null when there are no pages for the operator. */
  adminUrl: string | null;
  databaseUrl: string;
  /** The test's own way to the database. */
  db: ReturnType<typeof openPool>;
  log: ReturnType<typeof recordingLog>;
  stop(): Promise<void>;
  /** A new user with a published prompt, and a client that shows the user's key. */
  user(plan?: UserPlan): Promise<TestClient>;
}

export interface TestClient {
  userId: string;
  apiKey: string;
  promptId: string;
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  patch(path: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  /** Submits an execution of the user's prompt; `changes` go over a body that is accepted. */
  submit(changes?: JsonObject, query?: string): Promise<Answer>;
}

/** Tests run beside each other, and databases that are made and dropped keep new connections waiting. */
const connectMs = 15_000;

export async function startTestApi(changes: Partial<ApiEnv> = {}): Promise<TestApi> {
  const stack = new AsyncDisposableStack();
  const { databaseUrl, drop } = await testDatabase();
  stack.defer(drop);
  const log = recordingLog();
  const pool = openPool({ databaseUrl, max: 4, applicationName: 'test', log, connectMs });
  const db = stack.adopt(pool, () => pool.end());
  const defaults = envSchema.parse({ DATABASE_URL: databaseUrl, PORT: '0', BOARD_PASSWORD: boardPassword });
  const api = createApiProcess({ ...defaults, ...changes }, log, { connectMs });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= api.stop());
  stack.defer(stop);
  const { port, adminPort } = await api.start();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    adminUrl: adminPort === null ? null : `http://127.0.0.1:${adminPort}/admin`,
    databaseUrl,
    db,
    log,
    stop,
    user: (plan) => createClient(url, db, plan),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function createClient(url: string, db: TestApi['db'], plan?: UserPlan): Promise<TestClient> {
  const { userId, apiKey } = await createUser(db, plan);
  const promptId = await createPrompt(db, { userId });
  const headers = { authorization: `Bearer ${apiKey}` };
  const post = (path: string, body?: unknown) => call(url + path, { method: 'POST', headers, body });
  return {
    userId,
    apiKey,
    promptId,
    get: (path) => call(url + path, { headers }),
    post,
    patch: (path, body) => call(url + path, { method: 'PATCH', headers, body }),
    delete: (path) => call(url + path, { method: 'DELETE', headers }),
    submit: (changes = {}, query = '') =>
      post(`/v1/executions${query}`, { promptId, inputs: { text: 'hello' }, ...changes }),
  };
}
