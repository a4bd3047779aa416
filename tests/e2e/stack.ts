import { openPool } from '@formaops/db';
import { type RunningSimulator, startSimulator } from '@formaops/model-simulator';
import {
  createPrompt,
  createUser,
  recordingLog,
  type TestUser,
  testDatabase,
  testRedisDatabase,
} from '@formaops/testing';
import { startTestProcess, type TestProcess } from './process.ts';

export type Backend = 'postgres' | 'redis';

/** The whole product on a database of its own: API and workers as processes, the simulator in this one. */
export interface TestStack extends AsyncDisposable {
  apiUrl: string;
  boardUrl: string;
  user: TestUser;
  /** Sends its input `text` to the model as it is. */
  promptId: string;
  pool: ReturnType<typeof openPool>;
  simulator: RunningSimulator;
  startWorker(env?: Record<string, string>): Promise<TestProcess>;
  request(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Submits and expects 202 or 200. @returns the execution. */
  submit(body?: object, query?: string): Promise<ExecutionBody>;
  /** Waits for the end of an execution. */
  ended(id: string): Promise<ExecutionBody>;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: ExecutionBody & { data: ExecutionBody[] };
}

/** What the API shows of an execution, as far as tests look at it. */
export interface ExecutionBody {
  id: string;
  status: string;
  validationStatus: string;
  output: string | null;
  validatedOutput: unknown;
  tokenUsage: { input: number; output: number; total: number; model: string } | null;
  costUsd: string | null;
  costIsComplete: boolean;
  latencyMs: number | null;
  attempt: number;
  error: { code: string; message: string } | null;
  attempts: Array<{ outcome: string; workerId: string; errorCode: string | null }>;
  verdicts: Array<{ outcome: string; code: string | null }>;
  startedAt: string;
  message: string;
}

export const boardCredential = { user: 'admin', password: 'a long password' };

/** Impatient, so that recovery needs seconds instead of half a minute. */
const impatience = { LEASE_MS: '3000', HEARTBEAT_MS: '500', MAINTENANCE_MS: '300' };

export interface StackOptions {
  modelUrl?: string;
  /** Settings of the API that differ. */
  apiEnv?: Record<string, string>;
}

export async function startStack(backend: Backend, options: StackOptions = {}): Promise<TestStack> {
  const [database, simulator, queueEnv] = await Promise.all([
    testDatabase(),
    startSimulator(),
    queueOf(backend),
  ]);
  const log = recordingLog();
  const pool = openPool({ databaseUrl: database.databaseUrl, max: 5, applicationName: 'test', log });
  const user = await createUser(pool);
  const promptId = await createPrompt(pool, { userId: user.userId });
  const common = { DATABASE_URL: database.databaseUrl, LOG_LEVEL: 'debug', ...queueEnv };
  const api = await startTestProcess('apps/api/src/main.ts', {
    ...common,
    PORT: '0',
    ALLOWED_MODELS: '*',
    BOARD_USER: boardCredential.user,
    BOARD_PASSWORD: boardCredential.password,
    ...options.apiEnv,
  });
  const processes: TestProcess[] = [api];
  const apiUrl = `http://127.0.0.1:${api.ready['port']}`;

  const request = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(apiUrl + path, {
      method,
      headers: { authorization: `Bearer ${user.apiKey}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer['body'],
    };
  };

  return {
    apiUrl,
    boardUrl: `${apiUrl}/admin/queues`,
    user,
    promptId,
    pool,
    simulator,
    request,
    async startWorker(env = {}) {
      const worker = await startTestProcess('apps/worker/src/main.ts', {
        ...common,
        ...impatience,
        OPENAI_BASE_URL: `${options.modelUrl ?? simulator.url}/v1`,
        OPENAI_API_KEY: 'test',
        SHUTDOWN_GRACE_MS: '500',
        ...env,
      });
      processes.push(worker);
      return worker;
    },
    async submit(body = {}, query = '') {
      const whole = { promptId, inputs: { text: 'hello' }, ...body };
      const answer = await request('POST', `/v1/executions${query}`, whole);
      if (answer.status > 202) throw new Error(`refused: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    async ended(id) {
      for (;;) {
        const { status, body } = await request('GET', `/v1/executions/${id}?wait=25`);
        const mayBeTried = status === 503 || body.status === 'PENDING' || body.status === 'RUNNING';
        // A thousand who wait on a busy machine are told to come again; the test's own time limit ends this.
        if (!mayBeTried) return body;
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map((one) => one.end('SIGKILL')));
      await simulator.close();
      await pool.end();
      await database.drop();
    },
  };
}

async function queueOf(backend: Backend): Promise<Record<string, string>> {
  return backend === 'redis' ? { QUEUE_URL: await testRedisDatabase() } : {};
}
