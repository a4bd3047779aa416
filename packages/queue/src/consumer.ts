import { FormaError } from '@formaops/core';
import { DelayedError, type Job } from 'bullmq';
import { type BellProcessor, type BellWorker, keptFailed } from './backend.ts';
import type { QueueConnection } from './connection.ts';
import { type ExecutionBell, parseBell } from './payloads.ts';
import { trackRunningBells } from './running-bells.ts';
import { CLOSE_MS, isDoneWithin, openWhenReady } from './wait.ts';

/** What becomes of a bell once its handler is through with it. */
export type Disposition =
  | { readonly kind: 'done' }
  /** Ring again in so many milliseconds, with the same priority; the slot is free meanwhile. */
  | { readonly kind: 'again'; readonly delayMs: number };

export interface BellContext {
  readonly jobId: string;
  readonly epoch: number;
  /**
   * Aborted with a `FormaError` `SHUTDOWN` when the grace period of `close` is over. Not when BullMQ's lock on the
   * job is lost: the lease in PostgreSQL decides who runs an execution, and the call is paid for.
   */
  readonly signal: AbortSignal;
}

export interface ConsumerOptions {
  /** How many bells are handled at the same time, at least 1. */
  concurrency: number;
  /** What it throws is logged; the bell has then failed, and only PostgreSQL's own watch rings again. */
  onExecution(executionId: string, context: BellContext): Promise<Disposition>;
  /**
   * How long a dead worker holds its bells, in milliseconds: 30,000 by default, like the lease in PostgreSQL.
   * The lock is renewed after a third of it, and dead workers' bells are looked for after half of it.
   */
  lockMs?: number;
}

export interface Consumer {
  /** Fulfilled as soon as bells are fetched, however long the queue's server keeps that waiting. */
  start(): Promise<void>;
  /** Stops fetching, for good; what runs goes on. */
  pause(): Promise<void>;
  /** How many handlers are running. */
  running(): number;
  /** How many bells were fetched so far; whoever watches this sees whether fetching goes on. */
  fetched(): number;
  /**
   * Stops fetching, waits `graceMs` for the handlers, then aborts their signals and waits `releaseMs` (2,000 by
   * default) for them to give back what they hold, then cuts them off. Takes 4 seconds more at most.
   *
   * @returns how many handlers were cut off.
   */
  close(options: { graceMs: number; releaseMs?: number }): Promise<number>;
}

/** Handles bells. Whether a bell is stale is for the handler to find out: it claims the execution in PostgreSQL. */
export function createConsumer(connection: QueueConnection, options: ConsumerOptions): Consumer {
  const { log, reportError } = connection;
  const bells = trackRunningBells();
  const stopping = new AbortController();
  let opening: Promise<BellWorker | undefined> | undefined;
  let fetched = 0;

  async function handle(job: Job<ExecutionBell>): Promise<Disposition> {
    const bell = parseBell(job.id, job.data);
    if (bell.kind === 'unknown') throw new Error('the bell is of an unknown kind');
    const { executionId, epoch, jobId } = bell;
    try {
      return await bells.track(async (signal) => options.onExecution(executionId, { jobId, epoch, signal }));
    } catch (err) {
      log.error({ err, executionId, jobId }, 'execution handler failed');
      // BullMQ keeps the message for Bull Board, where nothing of a tenant's may appear.
      throw new Error('the execution handler failed; the log of the worker says why');
    }
  }

  const process: BellProcessor = async (job, token) => {
    fetched += 1;
    // A fetch that was under way when fetching was stopped still brings its bell.
    if (stopping.signal.aborted) return ringAgain(job, token, 0);
    const disposition = await handle(job);
    if (disposition.kind === 'again') await ringAgain(job, token, disposition.delayMs);
  };

  const build = (): BellWorker => {
    const worker = connection.newWorker(process, workerOptions(options));
    worker.on('lockRenewalFailed', (jobIds) => log.warn({ jobIds }, 'lock of bells lost'));
    worker.on('stalled', (jobId) => log.warn({ jobId }, 'bell of a dead worker found'));
    return worker;
  };

  const pause = async (): Promise<void> => {
    stopping.abort();
    await (await opening)?.pause(true);
  };

  return {
    async start() {
      opening ??= openWhenReady({ build, signal: stopping.signal, reportError }).catch(() => undefined);
      const worker = await opening;
      if (!stopping.signal.aborted) worker?.run().catch(reportError);
    },
    pause,
    running: bells.count,
    fetched: () => fetched,
    async close({ graceMs, releaseMs = 2_000 }) {
      await pause();
      if (!(await bells.endWithin(graceMs))) {
        bells.abortAll(new FormaError('SHUTDOWN'));
        await bells.endWithin(releaseMs);
      }
      const cutOff = bells.count();
      const worker = await opening;
      if (worker !== undefined) await closeWorker(worker, cutOff > 0).catch(reportError);
      return cutOff;
    },
  };
}

/** Without force, BullMQ first writes what became of its bells, for which it waits for ever. */
async function closeWorker(worker: BellWorker, force: boolean): Promise<void> {
  if (await isDoneWithin(CLOSE_MS, worker.close(force))) return;
  // BullMQ remembers how it was told to close, and would go on waiting.
  worker.closing = undefined;
  await isDoneWithin(CLOSE_MS, worker.close(true));
}

function workerOptions({ concurrency, lockMs = 30_000 }: ConsumerOptions) {
  return {
    removeOnFail: keptFailed,
    // Where the job does not say how long it is kept.
    removeOnComplete: { count: 0 },
    concurrency,
    autorun: false,
    lockDuration: lockMs,
    lockRenewTime: lockMs / 3,
    stalledInterval: lockMs / 2,
    // A bell whose worker died has failed. BullMQ would put it before every priority; PostgreSQL rings again,
    // counting the crash.
    maxStalledCount: 0,
    // Seconds between two looks at an empty queue, in case a wake-up call was lost.
    drainDelay: 5,
    // How soon to fetch again after PostgreSQL refused a connection; BullMQ's 15 s would sleep through a restart.
    runRetryDelay: 1_000,
  };
}

/**
 * Puts the same job back as a delayed one. That is one atomic step on either server, so the bell cannot get lost
 * between an acknowledgement and a new job; and id, priority and place on Bull Board stay as they are. BullMQ
 * does not count it as an attempt.
 */
async function ringAgain(
  job: Job<ExecutionBell>,
  token: string | undefined,
  delayMs: number,
): Promise<never> {
  await job.moveToDelayed(Date.now() + delayMs, token);
  throw new DelayedError();
}
