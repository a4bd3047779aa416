import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openPool } from '@formaops/db';
import { freePort } from '@formaops/local-services';
import { createProducer, openQueueConnection, type QueueCounts } from '@formaops/queue';
import { recordingLog } from '@formaops/testing';
import { type Processes, type ProcessOptions, startProcesses } from './processes.ts';
import { repositoryRoot } from './repository-root.ts';
import { type ServerOptions, type Servers, startServers } from './servers.ts';
import type { Supervised } from './supervise.ts';
import { createTenants, type Tenant } from './tenants.ts';

export interface RigOptions extends ServerOptions, Pick<ProcessOptions, 'workers' | 'workerEnv' | 'arm'> {
  /** Whose sources run; this repository unless set. */
  root?: string;
}

/** The whole product, on servers and behind links of its own that can be broken. */
export interface Rig extends Omit<Servers, 'stop'>, Processes {
  dir: string;
  apiUrl: string;
  tenants: Tenant[];
  /** Around the link: for looking, and for what an administrator can do. */
  db: ReturnType<typeof openPool>;
  /** The API and the workers. */
  readonly processes: Supervised[];
  readonly logFiles: string[];
  queueCounts(): Promise<QueueCounts>;
  close(): Promise<void>;
}

/** Starts everything; `dir` is emptied first. Processes may not be ready yet. */
export async function startRig({ root = repositoryRoot, ...options }: RigOptions): Promise<Rig> {
  const { dir } = options;
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const log = recordingLog();
  const servers = await startServers(options);
  const databaseUrl = servers.postgres.url;
  const db = openPool({ databaseUrl, max: 5, applicationName: 'chaos', log, readsTables: true });
  const tenants = await createTenants(db);
  const port = await freePort();
  const running = startProcesses(servers, { ...options, root, port });
  const queue = openQueueConnection({ queueUrl: servers.redis?.url, databaseUrl, log });
  const producer = createProducer(queue);
  const processes = () => [running.api, ...running.workers];
  return {
    ...servers,
    ...running,
    dir,
    apiUrl: `http://127.0.0.1:${port}`,
    tenants,
    db,
    get processes() {
      return processes();
    },
    get logFiles() {
      return processes().map(({ name }) => join(dir, `${name}.log`));
    },
    queueCounts: producer.counts,
    async close() {
      await Promise.all(processes().map((one) => one.stop(5_000)));
      await producer.close();
      await queue.close();
      await db.end();
      await servers.stop();
    },
  };
}
