import {
  type Clock,
  defaultRetryPolicy,
  type LimitsByPlan,
  type Logger,
  plans,
  type Random,
} from '@formaops/core';
import {
  type Claim,
  claim,
  createGroupCommit,
  type HandBack,
  handBack,
  listActiveValidations,
  openPool,
  type RunningCaps,
  type Settlement,
  settle,
} from '@formaops/db';
import { createOpenAiProvider, createPriceBook, type ModelProvider } from '@formaops/providers';
import {
  createConsumer,
  createEventPublisher,
  createProducer,
  createSignals,
  createWatchers,
  openQueueConnection,
  watchQueue,
} from '@formaops/queue';
import { createFailpoint } from '@formaops/runtime';
import { createSandboxedJudge } from '@formaops/validation';
import type { WorkerEnv } from './env.ts';
import { executeAttempt } from './executor/execute-attempt.ts';
import { createLeaseKeeper } from './executor/lease-keeper.ts';
import { createProviderHealth } from './executor/provider-health.ts';
import { createMaintenanceLoop } from './maintenance/maintenance-loop.ts';
import { createRescuePause } from './maintenance/rescue-pause.ts';
import { createWatchdog } from './watchdog.ts';
import { createDeliveryLoop } from './webhooks/delivery-loop.ts';
import { createWebhookPoster } from './webhooks/post-webhook.ts';
import { createWorkerHealth, type WorkerHealth } from './worker-health.ts';

export interface Worker {
  start(): Promise<void>;
  /** Fulfilled when bells wait and this worker has stopped fetching them: only a new process helps. */
  stuck: Promise<void>;
  health: WorkerHealth;
  /** Finishes what it can within the grace period, gives the rest back, then closes everything. */
  stop(): Promise<void>;
}

/** Longer than the longest time that the database lets the statements of a batch run, in milliseconds. */
const passPatienceMs = 120_000;

/** How long a heartbeat that failed, or came late, may take until it has succeeded, in milliseconds. */
const beatAgainMs = 2_000;

/**
 * A larger statement would hold its locks for longer and gain little. Bells of BullMQ's PostgreSQL and verdicts of the sandbox
 * come one by one, so that a millisecond brings few.
 */
const batch = { maxRows: 128, gatherMs: 12 };

/**
 * Builds a worker from its configuration, without starting it.
 *
 * @param overrides.provider takes the place of the provider that the configuration names.
 */
export function createWorker(
  env: WorkerEnv,
  log: Logger,
  clock: Clock,
  random: Random,
  overrides: { provider?: ModelProvider } = {},
): Worker {
  const poolMax = Math.min(10, Math.max(2, Math.ceil(env.WORKER_CONCURRENCY / 2)));
  const databaseUrl = env.DATABASE_URL;
  const db = openPool({ databaseUrl, max: poolMax, applicationName: 'formaops-worker', log });
  // Heartbeats and maintenance must not wait behind executions.
  const vital = openPool({ databaseUrl, max: 2, applicationName: 'formaops-worker-vital', log });

  const connection = openQueueConnection({
    queueUrl: env.QUEUE_URL,
    databaseUrl: env.DATABASE_DIRECT_URL ?? databaseUrl,
    log,
  });
  const producer = createProducer(connection);
  const rescuePause = createRescuePause(clock, env.HEARTBEAT_MS + beatAgainMs);
  const leases = createLeaseKeeper({
    db: vital,
    leaseMs: env.LEASE_MS,
    intervalMs: env.HEARTBEAT_MS,
    onAway: rescuePause.begin,
    log,
  });
  const watchers = createWatchers(clock);
  const signals = createSignals(connection, {
    onCancel: (ids) => void leases.check(ids),
    onWatch: watchers.note,
  });
  const events = createEventPublisher({
    watchers,
    send: signals.publishEvents,
    reportError: signals.reportError,
  });
  const provider =
    overrides.provider ??
    createOpenAiProvider({
      baseUrl: env.OPENAI_BASE_URL,
      apiKey: env.OPENAI_API_KEY,
      timeouts: {
        connectMs: env.MODEL_CONNECT_MS,
        firstByteMs: env.MODEL_FIRST_BYTE_MS,
        idleMs: env.MODEL_IDLE_MS,
      },
      maxResponseBytes: env.MODEL_MAX_RESPONSE_BYTES,
      maxTokensField: env.OPENAI_MAX_TOKENS_FIELD,
      requestStreamUsage: env.OPENAI_STREAM_USAGE,
      clock,
    });
  const priceOverrides = Object.fromEntries(env.MODEL_PRICES.map(({ model, ...price }) => [model, price]));
  const prices = createPriceBook({ baseUrl: env.OPENAI_BASE_URL, overrides: priceOverrides });
  const judge = createSandboxedJudge({ children: env.VALIDATION_CHILDREN, log });
  const workerId = env.WORKER_ID;
  const failpoint = createFailpoint(env.FAILPOINTS, random);
  const providerHealth = createProviderHealth({ clock, log });
  const runningCaps = capsOf(env.PLAN_LIMITS);
  const deps = {
    workerId,
    leaseMs: env.LEASE_MS,
    db,
    claim: createGroupCommit((claims: Claim[]) => {
      const [suspensions, unfunded] = [providerHealth.suspended(), providerHealth.unfunded()];
      return claim(db, claims, { runningCaps, suspensions, unfunded });
    }, batch),
    listValidations: createGroupCommit((ids: string[]) => listActiveValidations(db, ids), batch),
    settle: createGroupCommit((settlements: Settlement[]) => settle(db, settlements), batch),
    handBack: createGroupCommit((rows: HandBack[]) => handBack(db, rows), batch),
    runningCaps,
    producer,
    bellLostMs: env.BELL_LOST_MS,
    leases,
    provider,
    health: providerHealth,
    retryPolicy: { ...defaultRetryPolicy, baseMs: env.RETRY_BASE_MS, capMs: env.RETRY_CAP_MS },
    prices,
    judge,
    signals,
    events,
    clock,
    random,
    failpoint,
    log,
  };
  const consumer = createConsumer(connection, {
    concurrency: env.WORKER_CONCURRENCY,
    lockMs: env.LEASE_MS,
    onExecution: (executionId, { signal }) => executeAttempt(executionId, signal, deps),
  });
  const maintenance = createMaintenanceLoop({
    db: vital,
    producer,
    signals,
    events,
    log,
    bellTimes: { lostMs: env.BELL_LOST_MS, repeatMs: env.BELL_REPEAT_MS },
    runningCaps,
    mayRescue: rescuePause.isOver,
    onAway: rescuePause.begin,
    isIdle: () => consumer.running() < env.WORKER_CONCURRENCY,
    intervalMs: env.MAINTENANCE_MS,
    random,
    clock,
  });
  const deliveries = createDeliveryLoop(
    {
      db,
      post: createWebhookPoster({ allowPrivate: env.WEBHOOK_ALLOW_PRIVATE }),
      keys: env.WEBHOOK_SECRET_KEY,
      clock,
      random,
      log,
    },
    { concurrency: env.WEBHOOK_CONCURRENCY, intervalMs: env.WEBHOOK_POLL_MS },
  );

  const queueWatch = watchQueue(connection);
  let isStopping = false;
  let isStuck = false;
  const stuck = Promise.withResolvers<void>();
  const watchdog = createWatchdog({
    patienceMs: env.WATCHDOG_MS,
    hasRoom: () => consumer.running() < env.WORKER_CONCURRENCY && providerHealth.waitMs() === 0,
    fetched: consumer.fetched,
    waiting: producer.waiting,
    onStuck() {
      log.error({ patienceMs: env.WATCHDOG_MS, running: consumer.running() }, 'waiting bells not fetched');
      isStuck = true;
      stuck.resolve();
    },
  });

  const health = createWorkerHealth({
    isStopping: () => isStopping,
    isStuck: () => isStuck,
    sinceMaintenanceMs: maintenance.sinceLastPassMs,
    maintenancePatienceMs: passPatienceMs + 10 * env.MAINTENANCE_MS,
    isDatabaseUp: () =>
      vital.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    checkQueue: connection.check,
  });

  return {
    stuck: stuck.promise,
    health,
    async start() {
      queueWatch.start();
      leases.start();
      maintenance.start();
      watchdog.start();
      if (env.WEBHOOK_SECRET_KEY.length > 0) deliveries.start();
      await consumer.start();
      log.info({ workerId, concurrency: env.WORKER_CONCURRENCY, queue: connection.kind }, 'worker started');
    },
    async stop() {
      isStopping = true;
      queueWatch.stop();
      watchdog.stop();
      // Together: a pass that hangs on the database must not use up the time that running calls have.
      const grace = { graceMs: env.SHUTDOWN_GRACE_MS };
      await Promise.all([maintenance.stop(), deliveries.stop(grace), consumer.close(grace)]);
      leases.stop();
      await Promise.all([judge.close(), signals.close(), producer.close()]);
      provider.close();
      await connection.close();
      await Promise.all([db.end(), vital.end()]);
    },
  };
}

function capsOf(limits: LimitsByPlan): RunningCaps {
  return Object.fromEntries(
    plans.flatMap((plan) => {
      const { maxRunning } = limits[plan];
      return maxRunning === null ? [] : [[plan, maxRunning]];
    }),
  );
}
