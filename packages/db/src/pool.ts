import { types } from 'node:util';
import type { Logger } from '@formaops/core';
import pg from 'pg';

export interface PoolOptions {
  databaseUrl: string;
  /** Connections at most. */
  max: number;
  /** Shown in `pg_stat_activity`. */
  applicationName: string;
  log: Logger;
  /** How long a connection may take, in milliseconds; 2,000 by default. */
  connectMs?: number;
  /** Left out: statements look up rows by their keys. With it they may read tables from end to end, as an audit does. */
  readsTables?: true;
}

/**
 * Opens a pool whose every wait has an end: 2 s for a connection, 10 s for a statement, 3 s for a lock, 15 s for an
 * idle transaction. Numerics come back as strings, times as `Date`.
 */
export function openPool({
  databaseUrl,
  max,
  applicationName,
  log,
  connectMs = 2_000,
  readsTables,
}: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max,
    application_name: applicationName,
    connectionTimeoutMillis: connectMs,
    statement_timeout: 10_000,
    // The server ends a statement; this ends the wait when the server is gone without a word.
    query_timeout: 12_000,
    lock_timeout: 3_000,
    idle_in_transaction_session_timeout: 15_000,
    ...(!readsTables && { options: planForLargeTables }),
    keepAlive: true,
  });
  // Without listeners a connection that the server closes would end the process: an idle one, or one that somebody has.
  pool.on('connect', (client) => client.on('error', () => undefined)); // Its next statement fails and says why.
  pool.on('error', (error) => log.warn({ err: error }, 'idle database connection lost'));
  return pool;
}

/**
 * A connection plans its statements once. A plan that is made while a table is nearly empty reads all of it, and would
 * do so when it has grown, until PostgreSQL analyzes the table. No statement here needs to; and none is worth compiling.
 * Taken for as dear as on a rotating disk, an index in the right order loses against sorting everything that is taken for little,
 * such as the executions of a prompt that were not counted yet.
 */
const planForLargeTables = '-c enable_seqscan=off -c jit=off -c random_page_cost=1.1';

/** What a query needs; a pool and a client in a transaction both have it. */
export type Queryable = Pick<pg.Pool, 'query'>;

// 25006: a standby that was the primary before. 58030: an I/O error.
const unavailableStates = /^(08|53|57P0|25006|58030|40001|40P01|55P03|57014)/;
const unavailableCauses = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
  // Its machine or the way to it is gone.
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ECONNABORTED',
  // No local port is left.
  'EADDRNOTAVAIL',
]);

const busyStates = /^(53300|40001|40P01|55P03|57014)$/;

/**
 * @returns whether the database is there and had too much to do: every connection of the pool or of the server was in
 *   use, a lock was not to be had, or a statement took too long. True only for errors that are {@link isDatabaseUnavailable}.
 */
export function isDatabaseBusy(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  // What pg-pool 3 says when no connection came free in time; one that could not be made has another message.
  if (error.message === 'timeout exceeded when trying to connect') return true;
  return 'code' in error && busyStates.test(String(error.code));
}

/** @returns whether somebody else kept a lock for too long. True only for errors that are {@link isDatabaseBusy}. */
export function isLockedOut(error: unknown): boolean {
  return types.isNativeError(error) && 'code' in error && (error.code === '55P03' || error.code === '40P01');
}

/**
 * @returns whether the database could not be reached or had no room, so that the same call may succeed later.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  if (code !== '') return unavailableStates.test(code) || unavailableCauses.has(code);
  // pg's own time-outs and cut connections carry no code.
  return /timeout|connection terminated|connection error/i.test(error.message);
}
