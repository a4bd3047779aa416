import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '@formaops/db';
import { type EmbeddedPostgres, startEmbeddedPostgres, startRedis } from '@formaops/local-services';
import { Redis } from 'ioredis';
import pg from 'pg';

export interface Service {
  url: string;
  pid: number;
  /** What it is and how durable, as it says itself. */
  description: string;
}

export interface Services {
  postgres: Service;
  redis: Service;
  /** Stops both and removes their data. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  log: (message: string) => void;
  /** Whether PostgreSQL keeps count of what each statement takes, which costs it a little itself. */
  statements: boolean;
}

/** Copied for every run, which takes some milliseconds instead of a migration. */
export const templateDatabase = 'bench_template';

const stateDir = join(import.meta.dirname, '../.formaops');

/**
 * Starts a PostgreSQL and a Redis of one's own, as durable as production's: every commit of PostgreSQL is on the disk
 * before it is acknowledged, and Redis writes its log every second. Everything else is as they come.
 */
export async function startServices({ log, statements }: ServiceOptions): Promise<Services> {
  const dir = join(stateDir, 'bench');
  // What an earlier benchmark left that was killed.
  await rm(join(dir, 'redis'), { recursive: true, force: true });
  const postgres = await startPostgres(join(dir, 'postgres'), statements ? 'pg_stat_statements' : '', log);
  const redis = await startRedis({
    cacheDir: join(stateDir, 'cache'),
    dataDir: join(dir, 'redis'),
    // As in infra/redis.conf.
    config: { appendonly: 'yes', appendfsync: 'everysec', 'hash-max-listpack-value': '128' },
    log,
  });
  await createTemplate(postgres.url);
  if (statements) await queryOnce(postgres.url, 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  return {
    postgres: {
      url: postgres.url,
      pid: await postmasterOf(postgres.dataDir),
      description: await describePostgres(postgres.url),
    },
    redis: { url: redis.url, pid: redis.pid, description: await describeRedis(redis.url) },
    async stop() {
      await Promise.all([postgres.stop(), redis.stop()]);
      await rm(postgres.dataDir, { recursive: true, force: true });
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function startPostgres(
  dataDir: string,
  library: string,
  log: ServiceOptions['log'],
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, durable: true, log });
  const [setting] = await queryOnce(server.url, 'SHOW shared_preload_libraries');
  if (setting?.['shared_preload_libraries'] === library) return server;
  await queryOnce(server.url, `ALTER SYSTEM SET shared_preload_libraries = '${library}'`);
  await queryOnce(server.url, `ALTER SYSTEM SET "pg_stat_statements.track_planning" = on`);
  await server.stop();
  return startEmbeddedPostgres({ dataDir, durable: true, log });
}

export function urlOfDatabase(postgresUrl: string, name: string): string {
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs one statement on a connection of its own. @returns its rows. */
export async function queryOnce(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function createTemplate(postgresUrl: string): Promise<void> {
  const left = await queryOnce(postgresUrl, `SELECT datname FROM pg_database WHERE datname LIKE 'bench\\_%'`);
  for (const { datname } of left) await queryOnce(postgresUrl, `DROP DATABASE ${datname} WITH (FORCE)`);
  await queryOnce(postgresUrl, `CREATE DATABASE ${templateDatabase}`);
  await migrate(urlOfDatabase(postgresUrl, templateDatabase));
}

async function postmasterOf(dataDir: string): Promise<number> {
  const [pid] = (await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}

async function describePostgres(url: string): Promise<string> {
  const [row] = await queryOnce(
    url,
    `SELECT 'PostgreSQL ' || current_setting('server_version') || ', fsync ' || current_setting('fsync')
       || ', synchronous_commit ' || current_setting('synchronous_commit')
       || ', full_page_writes ' || current_setting('full_page_writes')
       || ', shared_buffers ' || current_setting('shared_buffers') AS description`,
  );
  return String(row?.['description']);
}

async function describeRedis(url: string): Promise<string> {
  const client = new Redis(url);
  try {
    const version = /redis_version:(\S+)/.exec(await client.info('server'))?.[1];
    const [, appendonly] = (await client.config('GET', 'appendonly')) as string[];
    const [, appendfsync] = (await client.config('GET', 'appendfsync')) as string[];
    return `Redis ${version}, appendonly ${appendonly}, appendfsync ${appendfsync}`;
  } finally {
    client.disconnect();
  }
}
