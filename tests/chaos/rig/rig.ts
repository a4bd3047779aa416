import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate, openPool } from '@formaops/db';
import { freePort } from '@formaops/local-services';
import { type RunningSimulator, startSimulator } from '@formaops/model-simulator';
import { createProducer, migrateQueue, openQueueConnection, type QueueCounts } from '@formaops/queue';
import { recordingLog } from '@formaops/testing';
import type { Backend } from '../options.ts';
import { type ChaosPostgres, startChaosPostgres } from './chaos-postgres.ts';
import { type ChaosRedis, startChaosRedis } from './chaos-redis.ts';
import { type Link, openLink } from './link.ts';
import { type Supervised, supervise } from './supervise.ts';
import { createTenants, type Tenant } from './tenants.ts';

export const repositoryRoot = join(import.meta.dirname, '../../..');

/** Prices with as many digits as there can be: sums that lose one of them are noticed. */
export const chaosPrice = { inputPerMillion: '0.137931', outputPerMillion: '3.333333' };
export const chaosModel = 'gpt-4o-mini';

export interface RigOptions {
  backend: Backend;
  /** Emptied first. Keeps logs and data of the run. */
  dir: string;
  /** Whose sources run; this repository unless set. */
  root?: string;
  workers: number;
  /** Over the settings of `workerSettings`. */
  workerEnv?: Record<string, string>;
  apiEnv?: Record<string, string>;
  /** Which failpoint a process kills itself at in its next life: a value for `FAILPOINTS`. */
  arm?(process: string): string | null;
  /** Whether Redis keeps what it knows; true unless set. */
  durableQueue?: boolean;
}

/** The whole product, on servers and behind links of its own that can be broken. */
export interface Rig {
  backend: Backend;
  dir: string;
  apiUrl: string;
  tenants: Tenant[];
  simulator: RunningSimulator;
  postgres: ChaosPostgres;
  /** Null when the queue lives in PostgreSQL. */
  redis: ChaosRedis | null;
  postgresLink: Link;
  redisLink: Link | null;
  /** Around the link: for looking, and for what an administrator can do. */
  db: ReturnType<typeof openPool>;
  api: Supervised;
  workers: Supervised[];
  /** The API and the workers. */
  processes: Supervised[];
  logFiles: string[];
  queueCounts(): Promise<QueueCounts>;
  /** One worker more, or the first. */
  startWorker(env?: Record<string, string>): Supervised;
  close(): Promise<void>;
}

/** Seconds where production takes half minutes, so that many recoveries fit into one run. */
const workerSettings = {
  LEASE_MS: '5000',
  HEARTBEAT_MS: '1500',
  MAINTENANCE_MS: '1000',
  SHUTDOWN_GRACE_MS: '3000',
  RETRY_BASE_MS: '200',
  RETRY_CAP_MS: '5000',
  BELL_LOST_MS: '2000',
  BELL_REPEAT_MS: '10000',
  WATCHDOG_MS: '15000',
  WORKER_CONCURRENCY: '40',
};

export async function startRig(options: RigOptions): Promise<Rig> {
  const { backend, dir, root = repositoryRoot } = options;
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const log = recordingLog();
  const [postgres, redis, simulator, port] = await Promise.all([
    startChaosPostgres(join(dir, 'postgres')),
    backend === 'redis' ? startQueueServer(options) : null,
    startSimulator({ keptCalls: 1_000_000 }),
    freePort(),
  ]);
  await migrate(postgres.url);
  await migrateQueue({ databaseUrl: postgres.url });
  const db = openPool({ databaseUrl: postgres.url, max: 5, applicationName: 'chaos', log });
  const [postgresLink, redisLink] = await Promise.all([openLink(postgres.url), redis && openLink(redis.url)]);
  const tenants = await createTenants(db);
  const common = {
    DATABASE_URL: postgresLink.url,
    ...(redisLink && { QUEUE_URL: redisLink.url }),
    LOG_LEVEL: 'info',
  };
  const environment = (name: string, env: Record<string, string>) => (life: number) => {
    const armed = options.arm?.(name) ?? null;
    const whole: Record<string, string> = { ...common, ...env };
    if (name !== 'api') whole['WORKER_ID'] = `${name}.${life}`;
    if (armed !== null) whole['FAILPOINTS'] = armed;
    return { env: whole, armed };
  };
  const start = (name: string, script: string, env: Record<string, string>) =>
    supervise({ name, root, script, logFile: join(dir, `${name}.log`), environment: environment(name, env) });
  const workers: Supervised[] = [];
  const startWorker = (env: Record<string, string> = {}) => {
    const worker = start(`worker-${workers.length + 1}`, 'apps/worker/src/main.ts', {
      ...workerSettings,
      MODEL_PRICES: `${chaosModel}=${chaosPrice.inputPerMillion}/${chaosPrice.outputPerMillion}`,
      OPENAI_BASE_URL: `${simulator.url}/v1`,
      OPENAI_API_KEY: 'chaos',
      ...options.workerEnv,
      ...env,
    });
    workers.push(worker);
    return worker;
  };
  const api = start('api', 'apps/api/src/main.ts', {
    PORT: String(port),
    ALLOWED_MODELS: '*',
    BELL_LOST_MS: workerSettings.BELL_LOST_MS,
    BELL_REPEAT_MS: workerSettings.BELL_REPEAT_MS,
    ...options.apiEnv,
  });
  for (let count = 0; count < options.workers; count += 1) startWorker();
  const queue = openQueueConnection({ queueUrl: redis?.url, databaseUrl: postgres.url, log });
  const producer = createProducer(queue);

  return {
    backend,
    dir,
    apiUrl: `http://127.0.0.1:${port}`,
    tenants,
    simulator,
    postgres,
    redis,
    postgresLink,
    redisLink,
    db,
    api,
    workers,
    get processes() {
      return [api, ...workers];
    },
    get logFiles() {
      return [api, ...workers].map(({ name }) => join(dir, `${name}.log`));
    },
    queueCounts: producer.counts,
    startWorker,
    async close() {
      await Promise.all([api, ...workers].map((one) => one.stop(5_000)));
      await producer.close();
      await queue.close();
      await Promise.all([simulator.close(), postgresLink.close(), redisLink?.close(), db.end()]);
      await Promise.all([postgres.stop(), redis?.stop()]);
    },
  };
}

function startQueueServer({ dir, durableQueue = true }: RigOptions): Promise<ChaosRedis> {
  return startChaosRedis({
    dataDir: join(dir, 'redis'),
    cacheDir: join(repositoryRoot, '.formaops/cache'),
    durable: durableQueue,
  });
}
