import { FormaError, type Priority } from '@formaops/core';
import type { JobsOptions } from 'bullmq';
import DataLoader from 'dataloader';
import type { BellQueue } from './backend.ts';
import type { QueueConnection } from './connection.ts';
import { describeError } from './error-report.ts';
import { EXECUTION_BELL } from './names.ts';
import { type BellId, bellJobId, bellPayload, type ExecutionBell } from './payloads.ts';
import { queuePriority } from './priority.ts';
import { askWithin, openWhenReady } from './wait.ts';

/** One ringing of one execution. */
export interface Bell extends BellId {
  readonly priority: Priority;
  /** When the execution was submitted, or may start at the earliest; not when it is rung: waiting counts. */
  readonly submittedAt: Date;
  /** Not before this many milliseconds from now. */
  readonly delayMs?: number;
}

/** How many bells are in which state. Only for people and metrics: PostgreSQL has the truth. */
export interface QueueCounts {
  waiting: number;
  delayed: number;
  active: number;
  completed: number;
  failed: number;
}

export interface Producer {
  /**
   * Rings the bells, all in one go. Rejects with `DATABASE_UNAVAILABLE` when the queue has not answered within
   * `ringBudgetMs`, and 20 ms more in a busy process whose queue is on PostgreSQL; the bells may have been rung nevertheless,
   * or may still be rung later. A bell that the queue knows already is ignored.
   */
  ring(bells: readonly Bell[]): Promise<void>;
  /** Takes back what has not started. A hint only: never rejects, and a bell that stays does no harm. */
  remove(bells: readonly BellId[]): Promise<void>;
  /**
   * Which of these bells are still waiting, delayed or being handled; a bell that has been handled is not. Rejects like
   * `ring`, though within ten times as long.
   *
   * @returns the ids of their executions.
   */
  known(bells: readonly BellId[]): Promise<Set<string>>;
  /** Rejects like `ring`. */
  counts(): Promise<QueueCounts>;
  /** How many bells a consumer could fetch now: none while the queue is paused at the board. Rejects like `ring`. */
  waiting(): Promise<number>;
  close(): Promise<void>;
}

/** So many bells take Redis some milliseconds, in which it does nothing else. */
const maxBellsPerCommand = 500;

/**
 * On PostgreSQL a command with several bells costs the server as much as 80 bells. So after one with several, bells are
 * gathered for so long, in milliseconds.
 */
const gatherMs = 20;
const severalBells = 5;

/** Rings bells, and fails fast instead of keeping its caller waiting for a queue that is down. */
export function createProducer(connection: QueueConnection): Producer {
  const { reportError, ringBudgetMs } = connection;
  const closing = new AbortController();
  const build = () => connection.newQueue('ring');
  const opening = openWhenReady({ build, signal: closing.signal, reportError });
  const ask = askWithin(opening);
  const toJob = jobWriter(connection);

  // What is rung for in the same turn of the event loop shares a command.
  let isBusy = false;
  const gathering = {
    batchScheduleFn: (begin: () => void) => void (isBusy ? setTimeout(begin, gatherMs) : setImmediate(begin)),
  };
  const ringing = new DataLoader<Bell, null, object>(
    async (bells) => {
      isBusy = bells.length >= severalBells;
      await ask(ringBudgetMs, (queue) => addBells(queue, bells.map(toJob))).catch(refuse);
      return bells.map(() => null);
    },
    {
      cache: false,
      maxBatchSize: maxBellsPerCommand,
      ...(connection.kind === 'postgres' && gathering),
    },
  );
  return {
    ring: async (bells) => void (await Promise.all(bells.map((bell) => ringing.load(bell)))),
    async remove(bells) {
      const removeAll = (queue: BellQueue) => Promise.all(bells.map((bell) => queue.remove(bellJobId(bell))));
      await ask(ringBudgetMs, removeAll).catch(reportError);
    },
    known: (bells) => ask(10 * ringBudgetMs, (queue) => findKnown(queue, bells)).catch(refuse),
    counts: () => ask(ringBudgetMs, countBells).catch(refuse),
    waiting: () => ask(ringBudgetMs, countWaiting).catch(refuse),
    async close() {
      closing.abort();
      await opening.then((queue) => queue.close()).catch(() => undefined);
    },
  };
}

async function addBells(queue: BellQueue, [first, ...others]: BellJob[]): Promise<void> {
  if (first === undefined) return;
  // On PostgreSQL a batch makes two temporary tables: 8 ms for one bell, where `add` takes 1 ms.
  if (others.length > 0) await queue.addBulk([first, ...others]);
  else await queue.add(first.name, first.data, { ...first.opts, removeOnComplete: keptWhenCalm });
}

/** In a calm hour the latest that were answered are kept for people to see; a busy queue would lose a quarter of its time. */
const keptWhenCalm = { age: 3_600, count: 100 };

interface BellJob {
  name: string;
  data: ExecutionBell;
  opts: JobsOptions;
}

function jobWriter({ kind }: QueueConnection): (bell: Bell) => BellJob {
  // In Redis it would cost every job memory, so the consumer says it; BullMQ's PostgreSQL removes faster when the job does.
  const removal = kind === 'postgres' && { removeOnComplete: true };
  return (bell) => {
    const { priority, submittedAt, delayMs } = bell;
    const opts = {
      jobId: bellJobId(bell),
      priority: queuePriority(priority, submittedAt),
      // BullMQ would write a default of its own.
      attempts: undefined,
      ...removal,
      ...(delayMs && { delay: delayMs }),
    };
    return { name: EXECUTION_BELL, data: bellPayload, opts };
  };
}

const over: ReadonlySet<string> = new Set(['completed', 'failed', 'unknown']);

async function findKnown(queue: BellQueue, bells: readonly BellId[]): Promise<Set<string>> {
  const states = await Promise.all(bells.map((bell) => queue.getJobState(bellJobId(bell))));
  const known = bells.filter((_, index) => !over.has(states[index] ?? 'unknown'));
  return new Set(known.map(({ executionId }) => executionId));
}

async function countBells(queue: BellQueue): Promise<QueueCounts> {
  const states = ['waiting', 'prioritized', 'delayed', 'active', 'completed', 'failed'] as const;
  const { waiting = 0, prioritized = 0, ...others } = await queue.getJobCounts(...states);
  const { delayed = 0, active = 0, completed = 0, failed = 0 } = others;
  return { waiting: waiting + prioritized, delayed, active, completed, failed };
}

async function countWaiting(queue: BellQueue): Promise<number> {
  if (await queue.isPaused()) return 0;
  return (await countBells(queue)).waiting;
}

function refuse(error: unknown): never {
  const { code, message } = describeError(error);
  const cause = new Error(code === undefined ? message : `${message} (${code})`);
  throw new FormaError('DATABASE_UNAVAILABLE', { message: 'The queue cannot be reached', cause });
}
