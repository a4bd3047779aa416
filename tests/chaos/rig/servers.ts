import { join } from 'node:path';
import { migrate } from '@formaops/db';
import { type RunningSimulator, startSimulator } from '@formaops/model-simulator';
import { migrateQueue } from '@formaops/queue';
import type { Backend } from '../options.ts';
import { type ChaosPostgres, startChaosPostgres } from './chaos-postgres.ts';
import { type ChaosRedis, startChaosRedis } from './chaos-redis.ts';
import { type Link, openLink } from './link.ts';
import { repositoryRoot } from './repository-root.ts';

/** What the product needs around it, and the links through which it sees that. */
export interface Servers {
  postgres: ChaosPostgres;
  /** Null when the queue lives in PostgreSQL. */
  redis: ChaosRedis | null;
  simulator: RunningSimulator;
  postgresLink: Link;
  redisLink: Link | null;
  stop(): Promise<void>;
}

export interface ServerOptions {
  backend: Backend;
  /** Keeps the data of the servers. */
  dir: string;
  /** Whether Redis keeps what it knows; true unless set. */
  durableQueue?: boolean;
}

/** A server for each purpose, the database migrated. */
export async function startServers({ backend, dir, durableQueue = true }: ServerOptions): Promise<Servers> {
  const cacheDir = join(repositoryRoot, '.formaops/cache');
  const [postgres, redis, simulator] = await Promise.all([
    startChaosPostgres(join(dir, 'postgres')),
    backend === 'redis'
      ? startChaosRedis({ dataDir: join(dir, 'redis'), cacheDir, durable: durableQueue })
      : null,
    startSimulator({ keptCalls: 1_000_000 }),
  ]);
  await migrate(postgres.url);
  await migrateQueue({ databaseUrl: postgres.url });
  const [postgresLink, redisLink] = await Promise.all([openLink(postgres.url), redis && openLink(redis.url)]);
  return {
    postgres,
    redis,
    simulator,
    postgresLink,
    redisLink,
    async stop() {
      await Promise.all([simulator.close(), postgresLink.close(), redisLink?.close()]);
      await Promise.all([postgres.stop(), redis?.stop()]);
    },
  };
}
