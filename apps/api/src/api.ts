import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Logger } from '@formaops/core';
import { createGroupCommit, insertExecutions, type NewExecution, openPool } from '@formaops/db';
import {
  createEventPublisher,
  createProducer,
  createSignals,
  createWatchAnnouncer,
  createWatchers,
  openQueueConnection,
  type Signals,
  watchQueue,
} from '@formaops/queue';
import { createFailpoint, systemClock } from '@formaops/runtime';
import { createSandboxedJudge } from '@formaops/validation';
import { createAdminApp } from './admin/admin-app.ts';
import type { ApiDeps } from './api-deps.ts';
import { createBacklogs } from './background/backlogs.ts';
import { createFinishWaiters } from './background/finish-waiters.ts';
import { createKeyUsage } from './background/key-usage.ts';
import { createKnownCallers } from './background/known-callers.ts';
import { createKnownPrompts } from './background/known-prompts.ts';
import { createLongLine } from './background/long-line.ts';
import { createRequestCounts } from './background/request-counts.ts';
import { createRingReceipts } from './background/ring-receipts.ts';
import { createRinger } from './background/ringer.ts';
import { createSpending } from './background/spending.ts';
import type { ApiEnv } from './env.ts';
import { createEventHub } from './events/event-hub.ts';
import { createEventStreams } from './events/event-streams.ts';
import { closeServer, listen, portOf } from './http/listen.ts';
import { createAdminServer, createApi } from './server.ts';

export interface Api {
  /** Listens. @returns the ports; the operator's is the API's where they share one, null where there are no pages. */
  start(): Promise<{ port: number; adminPort: number | null }>;
  /** Answers what is under way, writes what is noted, then closes everything. */
  stop(): Promise<void>;
}

/** Each may take seconds; whoever comes when so many wait is told to come again. */
const maxWaitingTrials = 8;

/**
 * Builds the API from its configuration, without listening.
 *
 * @param overrides.connectMs how long a connection to the database may take, in milliseconds.
 */
export function createApiProcess(env: ApiEnv, log: Logger, overrides: { connectMs?: number } = {}): Api {
  const db = openPool({
    databaseUrl: env.DATABASE_URL,
    max: env.DATABASE_POOL_MAX,
    applicationName: 'formaops-api',
    log,
    ...overrides,
  });
  const queue = openQueueConnection({
    queueUrl: env.QUEUE_URL,
    databaseUrl: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
    log,
  });
  const producer = createProducer(queue);
  const waiters = createFinishWaiters(db, log);
  const watchers = createWatchers(systemClock);
  const address = randomUUID();
  const signals: Signals = createSignals(queue, {
    onFinished: waiters.wake,
    onWatch: watchers.note,
    events: { address, listener: (message) => hub.hear(message) },
  });
  const { reportError } = signals;
  const announcer = createWatchAnnouncer({ address, publish: signals.publishWatch, reportError });
  const hub = createEventHub({ db, announcer, log });
  const publisher = createEventPublisher({ watchers, send: signals.publishEvents, reportError });
  const streams = createEventStreams({
    db,
    maxStreams: env.MAX_STREAMS,
    maxStreamsPerUser: env.MAX_STREAMS_PER_USER,
    clock: systemClock,
    log,
  });
  const keyUsage = createKeyUsage(db, log);
  const requestCounts = createRequestCounts(db, log, systemClock);
  const ringReceipts = createRingReceipts(db, log, {
    bellLostMs: env.BELL_LOST_MS,
    bellRepeatMs: env.BELL_REPEAT_MS,
    clock: systemClock,
  });
  const models = { allowed: [env.DEFAULT_MODEL, ...env.ALLOWED_MODELS], fallback: env.DEFAULT_MODEL };
  const judge = createSandboxedJudge({
    children: env.VALIDATION_CHILDREN,
    maxWaiting: maxWaitingTrials,
    maxWaitingPerTenant: 2,
    log,
  });
  const failpoint = createFailpoint(env.FAILPOINTS, Math.random);
  const ringer = createRinger({ producer, ringReceipts, failpoint, log });
  const deps: ApiDeps = {
    db,
    callers: createKnownCallers(db, systemClock),
    prompts: createKnownPrompts(db),
    insert: createGroupCommit((rows: NewExecution[]) => insertExecutions(db, rows), { maxRows: 128 }),
    producer,
    signals,
    waiters,
    events: { publisher, hub, streams },
    keyUsage,
    ringer,
    line: createLongLine(producer, systemClock),
    models,
    limits: env.PLAN_LIMITS,
    backlogs: createBacklogs(db, log, systemClock),
    spending: createSpending(db, log, systemClock),
    requestCounts,
    corsOrigins: env.CORS_ORIGINS,
    bellLostMs: env.BELL_LOST_MS,
    bellRepeatMs: env.BELL_REPEAT_MS,
    judge,
    webhooks: { keys: env.WEBHOOK_SECRET_KEY, allowPrivate: env.WEBHOOK_ALLOW_PRIVATE },
    failpoint,
    log,
  };
  const admin = env.BOARD_PASSWORD
    ? createAdminApp({
        db,
        queue,
        user: env.BOARD_USER,
        password: env.BOARD_PASSWORD,
        readOnly: env.BOARD_READ_ONLY,
        log,
      })
    : null;

  const queueWatch = watchQueue(queue);
  let stopping = false;
  const health = {
    isStopping: () => stopping,
    isDatabaseUp: () =>
      db.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    checkQueue: queue.check,
  };
  const ownAdminPort = env.ADMIN_PORT !== undefined;
  const app = createApi(deps, health, ownAdminPort ? null : (admin?.router ?? null));
  const servers: Server[] = [];

  return {
    async start() {
      const server = await listen(app, env.PORT, env.HOST);
      servers.push(server);
      queueWatch.start();
      waiters.start();
      announcer.start();
      hub.start();
      streams.start();
      keyUsage.start();
      requestCounts.start();
      ringReceipts.start();
      const port = portOf(server);
      let adminPort = admin ? port : null;
      if (admin && env.ADMIN_PORT !== undefined) {
        const adminServer = await listen(
          createAdminServer(admin.router, deps),
          env.ADMIN_PORT,
          env.ADMIN_HOST,
        );
        servers.push(adminServer);
        adminPort = portOf(adminServer);
      }
      log.info({ port, adminPort, queue: queue.kind }, 'api started');
      return { port, adminPort };
    },
    async stop() {
      stopping = true;
      queueWatch.stop();
      waiters.stop();
      const closed = Promise.all(servers.map((server) => closeServer(server, env.SHUTDOWN_GRACE_MS)));
      // Only now: who comes again must not reach this process.
      streams.stop();
      await closed;
      hub.stop();
      announcer.stop();
      await ringer.stop();
      await Promise.all([keyUsage.stop(), requestCounts.stop(), ringReceipts.stop()]);
      await Promise.all([producer.close(), signals.close(), judge.close(), admin?.close()]);
      await queue.close();
      await db.end();
    },
  };
}
