import { type RunningProcess, startProcess } from './child-process.ts';
import { startDatabase } from './database.ts';
import type { LocalEnv } from './env.ts';
import { startModel } from './model.ts';
import type { StartOptions } from './options.ts';
import { step } from './progress.ts';
import { type LastingProcess, startLasting } from './start-lasting.ts';
import { type DevState, removeDevState, writeDevState } from './state-dir.ts';

export interface LocalStack {
  state: DevState;
  promptId: string;
  modelIsSimulated: boolean;
  api: RunningProcess;
  /** In the order that lets running executions finish. Called again, it cuts short what is left. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL, the model simulator, the API and the workers; stops again what it started when one fails, or when
 * `stopping` is aborted meanwhile.
 */
export async function startLocalStack(
  options: StartOptions,
  env: LocalEnv,
  stopping: AbortSignal,
): Promise<LocalStack> {
  const stops: Array<() => Promise<void>> = [];
  const stop = async () => {
    // Workers first, PostgreSQL last: each needs what was started before it.
    for (const stopOne of stops.toReversed()) await stopOne();
    await removeDevState();
  };
  try {
    return await startAll(options, env, stopping, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(
  options: StartOptions,
  env: LocalEnv,
  stopping: AbortSignal,
  stops: Array<() => Promise<void>>,
  stop: () => Promise<void>,
): Promise<LocalStack> {
  const database = await startDatabase();
  stops.push(database.stop);
  const model = await startModel(env, stopping);
  if (model.process) stops.push(model.process.stop);

  const stores = { DATABASE_URL: database.url, QUEUE_URL: env.queueUrl ?? database.url };
  const shared = { ...stores, WEBHOOK_SECRET_KEY: database.webhookSecretKey };
  const common = { ...env.inherited, NODE_ENV: 'development', ...shared };
  const workerEnv = {
    ...shared,
    OPENAI_BASE_URL: model.baseUrl,
    OPENAI_API_KEY: model.apiKey,
  };
  const boardUser = 'admin';
  const api = () =>
    startProcess(
      'api',
      'apps/api/src/main.ts',
      {
        ...common,
        HOST: '127.0.0.1',
        PORT: String(options.port),
        BOARD_USER: boardUser,
        BOARD_PASSWORD: database.boardPassword,
        // The simulator takes every name, and fault names are part of it.
        ALLOWED_MODELS: env.inherited['ALLOWED_MODELS'] ?? (model.isSimulated ? '*' : ''),
      },
      stopping,
    );
  const worker = (number: number) =>
    startLasting(
      (ending) =>
        startProcess(`worker-${number}`, 'apps/worker/src/main.ts', { ...common, ...workerEnv }, ending),
      stopping,
    );
  const running = await step(`Starting the API and ${countOf(options.workers)}`, () =>
    startTogether(
      api(),
      Array.from({ length: options.workers }, (_, index) => worker(index + 1)),
      stops,
    ),
  );

  const apiUrl = `http://127.0.0.1:${running.ready['port']}`;
  const state: DevState = {
    apiUrl,
    apiKey: database.apiKey,
    boardUrl: `http://127.0.0.1:${running.ready['adminPort']}/admin/queues`,
    boardUser,
    boardPassword: database.boardPassword,
    databaseUrl: database.url,
    queueUrl: stores.QUEUE_URL,
    modelUrl: model.baseUrl,
    pid: process.pid,
    workerEnv,
  };
  await writeDevState(state);
  return { state, promptId: database.promptId, modelIsSimulated: model.isSimulated, api: running, stop };
}

/** Notes how to stop each process that started, the API last of all to be stopped; then throws if one did not. */
async function startTogether(
  starting: Promise<RunningProcess>,
  startingWorkers: Array<Promise<LastingProcess>>,
  stops: Array<() => Promise<void>>,
): Promise<RunningProcess> {
  const [[api], workers] = await Promise.all([
    Promise.allSettled([starting]),
    Promise.allSettled(startingWorkers),
  ]);
  if (api.status === 'fulfilled') stops.push(api.value.stop);
  const started = workers.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
  stops.push(async () => void (await Promise.all(started.map((one) => one.stop()))));
  const failed = [api, ...workers].find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return await starting;
}

function countOf(workers: number): string {
  return workers === 1 ? '1 worker' : `${workers} workers`;
}
