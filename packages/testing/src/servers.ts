import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '@formaops/db';
import { startEmbeddedPostgres, startRedis } from '@formaops/local-services';
import { migrateQueue } from '@formaops/queue';
import { adminQuery, templateDatabase, urlOfDatabase } from './databases.ts';
import { isDockerRunning, startDockerPostgres, startDockerRedis } from './docker.ts';
import { makeThrowAwayDir } from './throw-away-dir.ts';

export interface TestServers {
  postgresUrl: string;
  /** Null when no Redis could be had on this machine. */
  redisUrl: string | null;
  /** Why there is no Redis. */
  redisProblem: string | null;
  stop(): Promise<void>;
}

interface Started {
  url: string;
  stop(): Promise<void>;
}

const stateDir = join(import.meta.dirname, '../../../.formaops/test');

/**
 * "Give me a Postgres and a Redis": those that `TEST_POSTGRES_URL` and `TEST_REDIS_URL` name, else containers where a
 * Docker engine runs, else servers started on this machine. No test knows which it got.
 */
export async function startTestServers(environment: NodeJS.ProcessEnv): Promise<TestServers> {
  const docker = await isDockerRunning();
  const [postgres, redis] = await Promise.all([
    startPostgres(environment['TEST_POSTGRES_URL'], docker),
    startRedisIfPossible(environment['TEST_REDIS_URL'], docker),
  ]);
  await createTemplate(postgres.url);
  return {
    postgresUrl: postgres.url,
    redisUrl: redis.server?.url ?? null,
    redisProblem: redis.problem,
    async stop() {
      await Promise.all([postgres.stop(), redis.server?.stop()]);
    },
  };
}

async function startPostgres(url: string | undefined, docker: boolean): Promise<Started> {
  if (url) return { url, stop: async () => undefined };
  if (docker) return startDockerPostgres();
  const dir = await makeThrowAwayDir(stateDir);
  const server = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), durable: false });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
      await rm(server.dataDir, { recursive: true, force: true });
    },
  };
}

async function startRedisIfPossible(
  url: string | undefined,
  docker: boolean,
): Promise<{ server: Started | null; problem: string | null }> {
  if (url) return { server: { url, stop: async () => undefined }, problem: null };
  try {
    const server = docker
      ? await startDockerRedis()
      : await startRedis({ cacheDir: join(stateDir, '../cache') });
    return { server, problem: null };
  } catch (error) {
    return { server: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Every test's database is a copy of this one, which takes some milliseconds instead of a migration. */
async function createTemplate(postgresUrl: string): Promise<void> {
  await adminQuery(postgresUrl, `DROP DATABASE IF EXISTS ${templateDatabase}`);
  await adminQuery(postgresUrl, `CREATE DATABASE ${templateDatabase}`);
  const url = urlOfDatabase(postgresUrl, templateDatabase);
  await migrate(url);
  await migrateQueue({ databaseUrl: url });
}
