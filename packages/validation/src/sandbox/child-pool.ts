import { FormaError, type Logger } from '@formaops/core';
import type { RunRequest } from './protocol.ts';
import type { RunEnd, RunLimits } from './run-in-child.ts';
import { createSlots, type Slot } from './slots.ts';
import { type SandboxChild, startChild } from './start-child.ts';

export interface PoolOptions {
  /** How many validations run at once. */
  children: number;
  /** How many may wait beyond those; see {@link ChildPool.run}. */
  maxWaiting: number;
  /** Limit of each child's heap, in megabytes. */
  memoryMb: number;
  /** A child is replaced after so many runs. */
  maxRunsPerChild: number;
  /** The module that the children run. */
  entry: URL;
  log: Logger;
}

/** Runs validations in a few processes that are started when needed and replaced when they end or are worn out. */
export interface ChildPool {
  /**
   * Runs one validation as soon as its turn comes, first come, first served. A run that could not start, or whose
   * process somebody else killed, is repeated once in a fresh process.
   *
   * @returns a cause of `not-started` also when too many wait.
   * @throws the reason of `signal` after an abort, FormaError `SHUTTING_DOWN` once the pool is closed.
   */
  run(request: RunRequest, limits: { timeoutMs: number; signal: AbortSignal | undefined }): Promise<RunEnd>;
  /** Starts all children. @throws FormaError `SANDBOX_UNAVAILABLE` when one does not start. */
  ready(): Promise<void>;
  /** Ends all runs and resolves when every child is gone. */
  close(): Promise<void>;
}

/**
 * A child that occupies so much beside its heap is replaced after its run, lest the next tenant's run be killed for
 * what earlier ones have left. One is killed for 256 MB.
 */
const retiredAboveMb = 128;

const notStarted: RunEnd = { cause: 'not-started', durationMs: 0 };

/** @returns a pool without any process yet. */
export function createChildPool(options: PoolOptions): ChildPool {
  const { children, maxRunsPerChild, memoryMb, log } = options;
  const slots = createSlots(children, options.maxWaiting);
  const closing = new AbortController();
  let closed: Promise<void> | undefined;

  async function inSlot<T>(signal: AbortSignal, use: (slot: Slot) => Promise<T>): Promise<T | undefined> {
    signal.throwIfAborted();
    const slot = await slots.take(signal);
    if (slot === undefined) return undefined;
    try {
      return await use(slot);
    } finally {
      slots.give(slot);
    }
  }

  async function childOf(slot: Slot, signal: AbortSignal): Promise<SandboxChild | undefined> {
    if (slot.child?.isAlive) return slot.child;
    slot.child = undefined;
    try {
      slot.child = await startChild(options, signal);
    } catch (err) {
      signal.throwIfAborted();
      log.error({ err }, 'sandbox child did not start');
    }
    return slot.child;
  }

  async function runOnce(slot: Slot, request: RunRequest, limits: RunLimits): Promise<RunEnd> {
    const child = await childOf(slot, limits.signal);
    if (child === undefined) return notStarted;
    limits.signal.throwIfAborted();
    const end = await child.run(request, limits);
    limits.signal.throwIfAborted();
    if (end.reply === undefined) log.warn({ ...end, pid: child.pid }, 'sandbox run stopped');
    if (child.runs >= maxRunsPerChild || isLarge(end)) await child.kill();
    return end;
  }

  function isLarge(end: RunEnd): boolean {
    return end.reply !== undefined && end.reply.residentMb > memoryMb + retiredAboveMb;
  }

  async function runTwiceAtMost(slot: Slot, request: RunRequest, limits: RunLimits): Promise<RunEnd> {
    const end = await runOnce(slot, request, limits);
    const isOurs = end.cause === 'not-started' || end.cause === 'killed';
    return isOurs ? runOnce(slot, request, limits) : end;
  }

  async function ready(): Promise<void> {
    const start = () => inSlot(closing.signal, (slot) => childOf(slot, closing.signal));
    const started = await Promise.all(Array.from({ length: children }, start));
    if (started.includes(undefined)) throw new FormaError('SANDBOX_UNAVAILABLE');
  }

  async function endAll(): Promise<void> {
    closing.abort(new FormaError('SHUTTING_DOWN'));
    await Promise.all((await slots.takeAll()).map((slot) => slot.child?.kill()));
  }

  return {
    async run(request, { timeoutMs, signal }) {
      const either = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
      const limits = { timeoutMs, signal: either };
      return (await inSlot(either, (slot) => runTwiceAtMost(slot, request, limits))) ?? notStarted;
    },
    ready,
    close() {
      closed ??= endAll();
      return closed;
    },
  };
}
