import { setTimeout as delay } from 'node:timers/promises';
import {
  assertSchemaCompatibility,
  createPostgresBackend,
  createPostgresRelayBackend,
  type PgPool,
  type PgQueryResult,
  Relay,
  runMigrations,
  SchemaMigrationRequiredError,
  SchemaVersionMismatchError,
  UnsupportedPostgresVersionError,
  withBackend,
} from 'bullmq';
import pg from 'pg';
import {
  type BellQueue,
  type BellWorker,
  CHECK_MS,
  type QueueBackend,
  type QueueHealth,
  queueOptions,
} from './backend.ts';
import { describeError, type ErrorReport } from './error-report.ts';
import { EXECUTIONS_QUEUE, QUEUE_SCHEMA, SIGNAL_NAMESPACE } from './names.ts';
import type { ExecutionBell } from './payloads.ts';
import { CLOSE_MS, isDoneWithin, within } from './wait.ts';

interface PostgresBackendOptions {
  url: string;
  poolMax: number;
  reportError: ErrorReport;
}

/** One connection of the consumer and one of the signals stay out of the pool, listening. */
const LISTENERS = 2;

const { Queue, Worker } = withBackend(createPostgresBackend);

/** BullMQ on PostgreSQL: one pool for everything in the process. */
export function openPostgresBackend({ url, poolMax, reportError }: PostgresBackendOptions): QueueBackend {
  const pool = openPool(url, poolMax + LISTENERS, reportError);
  const connection = sharedPool(pool);
  return {
    kind: 'postgres',
    check: () => checkServer(pool),
    newQueue() {
      const queue = new Queue<ExecutionBell, void>(EXECUTIONS_QUEUE, { ...queueOptions, connection });
      return queue.on('error', reportError) as unknown as BellQueue;
    },
    newWorker(process, options) {
      const worker = new Worker<ExecutionBell, void>(EXECUTIONS_QUEUE, process, { ...options, connection });
      return worker.on('error', reportError) as unknown as BellWorker;
    },
    newRelay() {
      const options = { connection, namespace: SIGNAL_NAMESPACE, backend: createPostgresRelayBackend };
      return new Relay(options).on('error', reportError);
    },
    async close() {
      if (!pool.ending) await isDoneWithin(CLOSE_MS, pool.end());
    },
  };
}

/**
 * Creates or upgrades BullMQ's tables in the schema `bullmq`. Several processes may do it at the same time:
 * BullMQ takes a transaction lock, and late ones find nothing to do. Old releases keep running meanwhile.
 */
export async function migratePostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  let lost: Error | undefined;
  client.on('error', (error) => {
    lost ??= error;
  });
  await client.connect();
  try {
    await runMigrations(client, QUEUE_SCHEMA);
  } catch (error) {
    // BullMQ's own error is then that of its ROLLBACK, which says nothing.
    throw lost ?? error;
  } finally {
    await client.end();
  }
}

function openPool(url: string, max: number, reportError: ErrorReport): pg.Pool {
  const pool = new pg.Pool({
    connectionString: withSettings(url),
    application_name: 'formaops-queue',
    max,
    connectionTimeoutMillis: 2_000,
    statement_timeout: 10_000,
    lock_timeout: 3_000,
    idle_in_transaction_session_timeout: 15_000,
    // The server's own limits do not help when the server is out of reach.
    query_timeout: 15_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // BullMQ 6.7.0 listens to no connection while it looks whether its tables are there; losing that one would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool.on('error', reportError);
}

/**
 * BullMQ's statements name no schema, and it cannot set the path itself on a pool that it did not make. Its commits do not
 * wait for the disk: they hold a lock of the whole server meanwhile, because they notify, and a bell that a crash loses
 * is rung again.
 */
function withSettings(url: string): string {
  const located = new URL(url);
  const settings = [`-c search_path=${QUEUE_SCHEMA}`, '-c synchronous_commit=off'];
  const options = [located.searchParams.get('options'), ...settings];
  located.searchParams.set('options', options.filter(Boolean).join(' '));
  return located.href;
}

/** After a failed statement, in milliseconds. */
const PAUSE_MS = 250;

/**
 * What BullMQ sees of the pool. Left alone with it, BullMQ 6.7.0 adds a listener to the pool for every object and
 * never takes it off, and its worker asks again at once after most errors: 150 times a second, seen while
 * PostgreSQL refused connections.
 */
function sharedPool(pool: pg.Pool): PgPool {
  const shared: PgPool & { options: object } = {
    options: { keepAlive: true },
    async query(text, params) {
      try {
        return (await pool.query(text, params as unknown[])) as PgQueryResult;
      } catch (error) {
        if (!isRaisedByBullMQ(error)) await delay(PAUSE_MS);
        throw error;
      }
    },
    connect: () => pool.connect(),
    end: () => Promise.resolve(),
    on: () => shared,
    removeAllListeners: () => shared,
  };
  return shared;
}

/** Its SQL functions refuse with an SQLSTATE of their own: the job is gone, or somebody else's. */
function isRaisedByBullMQ(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'BM001';
}

async function checkServer(pool: pg.Pool): Promise<QueueHealth> {
  try {
    await within(CHECK_MS, assertSchemaCompatibility(pool, QUEUE_SCHEMA));
    return { state: 'ready', warnings: [] };
  } catch (error) {
    const { message: reason, code = '' } = describeError(error);
    const unfit = [SchemaMigrationRequiredError, SchemaVersionMismatchError, UnsupportedPostgresVersionError];
    if (unfit.some((kind) => error instanceof kind)) return { state: 'unfit', reason };
    const refusal = refusals.get(code);
    // PostgreSQL's own words name the user and the database, and the reason is shown to everybody.
    if (refusal)
      return { state: 'unfit', reason: `PostgreSQL refuses the ${refusal} of the queue (${code})` };
    return { state: 'unreachable', reason };
  }
}

/** SQLSTATEs of who is refused. */
const refusals: ReadonlyMap<string, string> = new Map([
  ['28P01', 'password'],
  ['28000', 'user'],
  ['3D000', 'database'],
]);
