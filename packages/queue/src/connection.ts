import type { Logger } from '@formaops/core';
import type { QueueBackend } from './backend.ts';
import { createErrorReport, type ErrorReport } from './error-report.ts';
import { REDIS_PREFIX } from './names.ts';
import { migratePostgres, openPostgresBackend } from './postgres.ts';
import { openRedisBackend } from './redis.ts';

/** Where the queue lives. */
export interface QueueLocation {
  /** `redis://` or `rediss://` for Redis, `postgres://` or `postgresql://` for PostgreSQL. */
  queueUrl?: string | undefined;
  /** Used when `queueUrl` is left out. Must lead to PostgreSQL itself, not to a transaction pooler. */
  databaseUrl: string;
}

export interface QueueConnectionOptions extends QueueLocation {
  log: Logger;
  /** Start of every Redis key, `formaops` by default; unused on PostgreSQL. */
  prefix?: string;
  /** PostgreSQL connections for queries, 4 by default; two more listen. */
  poolMax?: number;
  /** How long the queue may keep whoever rings waiting, in milliseconds; 500 by default. */
  ringBudgetMs?: number;
}

/** One process's connection to the queue's server; everything else of this package is created on it. */
export interface QueueConnection extends QueueBackend {
  readonly log: Logger;
  readonly reportError: ErrorReport;
  readonly ringBudgetMs: number;
}

/**
 * Opens the queue without waiting for its server: the product starts and accepts executions while the queue is
 * down, because bells are rung again. `check` tells how things stand.
 *
 * @throws TypeError when the address is none of the four kinds; its message does not repeat the address.
 */
export function openQueueConnection(options: QueueConnectionOptions): QueueConnection {
  const { log, prefix = REDIS_PREFIX, poolMax = 4, ringBudgetMs = 500 } = options;
  const { kind, url } = locate(options);
  const reportError = createErrorReport(log);
  const backend =
    kind === 'redis'
      ? openRedisBackend({ url, prefix, ringBudgetMs, reportError })
      : openPostgresBackend({ url, poolMax, reportError });
  return { ...backend, log, reportError, ringBudgetMs };
}

/**
 * Creates or upgrades what the queue needs on its server: BullMQ's tables on PostgreSQL, nothing on Redis. May
 * be called again, and by several processes at once; nothing else of this package migrates.
 */
export async function migrateQueue(location: QueueLocation): Promise<void> {
  const { kind, url } = locate(location);
  if (kind === 'postgres') await migratePostgres(url);
}

function locate({ queueUrl, databaseUrl }: QueueLocation): { kind: 'redis' | 'postgres'; url: string } {
  const url = queueUrl ?? databaseUrl;
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'redis:' || protocol === 'rediss:') return { kind: 'redis', url };
  if (protocol === 'postgres:' || protocol === 'postgresql:') return { kind: 'postgres', url };
  throw new TypeError('the address of the queue must start with redis://, rediss:// or postgres://');
}
