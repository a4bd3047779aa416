import { join } from 'node:path';
import type { Servers } from './servers.ts';
import { chaosModel, chaosPrice, quickSettings } from './settings.ts';
import { type Supervised, supervise } from './supervise.ts';

export interface ProcessOptions {
  /** Keeps the logs. */
  dir: string;
  /** Whose sources run. */
  root: string;
  /** Where the API listens. */
  port: number;
  /** How many workers there are at first. */
  workers: number;
  /** Over those of `quickSettings`. */
  workerEnv?: Record<string, string>;
  /** Which failpoint a process kills itself at in its next life: a value for `FAILPOINTS`. */
  arm?(process: string): string | null;
}

export interface Processes {
  api: Supervised;
  workers: Supervised[];
  /** One worker more. */
  startWorker(): Supervised;
}

/** Starts the API and the workers. */
export function startProcesses(servers: Servers, options: ProcessOptions): Processes {
  const start = starter(servers, options);
  const workers: Supervised[] = [];
  const startWorker = () => {
    const worker = start(`worker-${workers.length + 1}`, 'apps/worker/src/main.ts', {
      ...quickSettings,
      WORKER_CONCURRENCY: '40',
      MODEL_PRICES: `${chaosModel}=${chaosPrice.inputPerMillion}/${chaosPrice.outputPerMillion}`,
      OPENAI_BASE_URL: `${servers.simulator.url}/v1`,
      OPENAI_API_KEY: 'chaos',
      ...options.workerEnv,
    });
    workers.push(worker);
    return worker;
  };
  const { BELL_LOST_MS, BELL_REPEAT_MS } = { ...quickSettings, ...options.workerEnv };
  const apiEnv = { PORT: String(options.port), ALLOWED_MODELS: '*', BELL_LOST_MS, BELL_REPEAT_MS };
  const api = start('api', 'apps/api/src/main.ts', apiEnv);
  for (let count = 0; count < options.workers; count += 1) startWorker();
  return { api, workers, startWorker };
}

function starter({ postgresLink, redisLink }: Servers, { dir, root, arm }: ProcessOptions) {
  return (name: string, script: string, own: Record<string, string>) => {
    const common = { DATABASE_URL: postgresLink.url, LOG_LEVEL: 'info' };
    const env: Record<string, string> = { ...common, ...own };
    if (redisLink !== null) env['QUEUE_URL'] = redisLink.url;
    return supervise({
      name,
      root,
      script,
      logFile: join(dir, `${name}.log`),
      environment(life) {
        const armed = arm?.(name) ?? null;
        const ofLife: Record<string, string> = name === 'api' ? {} : { WORKER_ID: `${name}.${life}` };
        if (armed !== null) ofLife['FAILPOINTS'] = armed;
        return { env: { ...env, ...ofLife }, armed };
      },
    });
  };
}
