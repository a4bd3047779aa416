import { once } from 'node:events';
import { Queue, Relay, Worker } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { CHECK_MS, type QueueBackend, type QueueHealth, queueOptions } from './backend.ts';
import { describeError, type ErrorReport } from './error-report.ts';
import { judgeRedis, judgeRedisError } from './judge-redis.ts';
import { EXECUTIONS_QUEUE, SIGNAL_NAMESPACE } from './names.ts';
import type { ExecutionBell } from './payloads.ts';

interface RedisBackendOptions {
  url: string;
  prefix: string;
  ringBudgetMs: number;
  reportError: ErrorReport;
}

/** How long a closed connection may hold up the end of the process. */
const BOTH: RedisOptions = { disconnectTimeout: 500 };

/**
 * Fails at once when the connection is down (`enableOfflineQueue`) and after the time given when the server
 * hangs, where the other options do not help. A connection that died without a word is given up after
 * `socketTimeout`, so that a new one can be made.
 */
function failFast(commandTimeout: number): RedisOptions {
  return {
    ...BOTH,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout,
    socketTimeout: 5_000,
  };
}

/** Waits for the server as long as it takes. BullMQ blocks for up to 10 s; `socketTimeout` must be longer. */
const PATIENT: RedisOptions = {
  ...BOTH,
  maxRetriesPerRequest: null,
  socketTimeout: 15_000,
  retryStrategy: (times) => Math.min(1_000 * 2 ** (times - 1), 20_000),
};

/** BullMQ on Redis. Connections are opened when they are first needed. */
export function openRedisBackend(options: RedisBackendOptions): QueueBackend {
  const { url, prefix, ringBudgetMs, reportError } = options;
  const kinds = { ring: failFast(ringBudgetMs), board: failFast(5_000), patient: PATIENT };
  const clients = openClients(url, kinds, reportError);
  return {
    kind: 'redis',
    check: () => checkServer(clients.get('ring'), clients.lastError('ring')),
    newQueue(use) {
      const options = { ...queueOptions, prefix, connection: clients.get(use) };
      return new Queue<ExecutionBell, void>(EXECUTIONS_QUEUE, options).on('error', reportError);
    },
    newWorker(process, options) {
      const worker = new Worker(EXECUTIONS_QUEUE, process, {
        ...options,
        prefix,
        connection: clients.get('patient'),
      });
      return worker.on('error', reportError);
    },
    newRelay() {
      const relay = new Relay({ connection: clients.get('patient'), prefix, namespace: SIGNAL_NAMESPACE });
      return relay.on('error', reportError);
    },
    async close() {
      clients.disconnect();
    },
  };
}

/** One connection for each name, opened when it is first asked for. BullMQ closes the copies it makes of them. */
function openClients<Name extends string>(
  url: string,
  kinds: Record<Name, RedisOptions>,
  reportError: ErrorReport,
) {
  const clients = new Map<Name, Redis>();
  const lastErrors = new Map<Name, unknown>();
  const open = (name: Name): Redis =>
    new Redis(url, kinds[name])
      .on('error', (error) => {
        lastErrors.set(name, error);
        reportError(error);
      })
      .on('ready', () => void lastErrors.delete(name));
  return {
    get(name: Name): Redis {
      const client = clients.get(name) ?? open(name);
      clients.set(name, client);
      return client;
    },
    /** Why it is not ready; undefined when nothing went wrong since it was. */
    lastError: (name: Name) => () => lastErrors.get(name),
    disconnect() {
      for (const client of clients.values()) client.disconnect();
    },
  };
}

async function checkServer(client: Redis, lastError: () => unknown): Promise<QueueHealth> {
  try {
    if (client.status !== 'ready') await once(client, 'ready', { signal: AbortSignal.timeout(CHECK_MS) });
    return judgeRedis(await client.info());
  } catch (error) {
    // Between two attempts to connect there is only the time that has run out; the last attempt knows why.
    return judgeRedisError(describeError(lastError() ?? error).message);
  }
}
