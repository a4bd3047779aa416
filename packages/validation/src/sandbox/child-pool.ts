import { FormaError, type Logger } from '@formaops/core';
import type { Run } from './protocol.ts';
import type { RunEnd, RunLimits, StopCause } from './run-in-child.ts';
import { createSlots, type NoSlot, type Slot, type SlotLimits } from './slots.ts';
import { type SandboxChild, startChild } from './start-child.ts';

export interface PoolOptions extends Omit<SlotLimits, 'count'> {
  /** How many validations run at once. */
  children: number;
  /** Limit of each child's heap, in megabytes. */
  memoryMb: number;
  /** A child is replaced after so many runs. */
  maxRunsPerChild: number;
  /** The module that the children run. */
  entry: URL;
  log: Logger;
}

export interface PoolLimits {
  timeoutMs: number;
  /** For a turn; see {@link ChildPool.run}. */
  maxWaitMs: number;
  signal: AbortSignal | undefined;
}

/** Why a run was not even tried; see {@link NoSlot}. */
export type NoTurn = { reply?: never; cause?: never; noSlot: NoSlot; durationMs: number };

/** Runs validations in a few processes that are started when needed and replaced when they end or are worn out. */
export interface ChildPool {
  /**
   * Runs one validation as soon as its tenant's turn comes. A run that could not start, or whose process somebody else
   * killed, is repeated once in a fresh process.
   *
   * @throws the reason of `signal` after an abort, FormaError `SHUTTING_DOWN` once the pool is closed.
   */
  run(run: Run, limits: PoolLimits): Promise<RunEnd | NoTurn>;
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
const ours: readonly (StopCause | undefined)[] = ['not-started', 'killed'];

/** @returns a pool without any process yet. */
export function createChildPool(options: PoolOptions): ChildPool {
  const { children, maxRunsPerChild, memoryMb, log } = options;
  const slots = createSlots({ ...options, count: children });
  const closing = new AbortController();
  let closed: Promise<void> | undefined;

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

  async function runOnce(slot: Slot, run: Run, limits: RunLimits): Promise<RunEnd> {
    const child = await childOf(slot, limits.signal);
    if (child === undefined) return notStarted;
    limits.signal.throwIfAborted();
    slots.begin(slot);
    const end = await child.run(run, limits);
    limits.signal.throwIfAborted();
    if (end.reply === undefined) log.warn({ ...end, pid: child.pid }, 'sandbox run stopped');
    return end;
  }

  async function runTwiceAtMost(slot: Slot, run: Run, limits: RunLimits): Promise<RunEnd> {
    const end = await runOnce(slot, run, limits);
    return ours.includes(end.cause) ? runOnce(slot, run, limits) : end;
  }

  /** Gives the slot back, with a fresh child where the old one is dead or worn out: that is at this tenant's cost. */
  async function leave(slot: Slot, end: RunEnd | undefined): Promise<void> {
    const { child } = slot;
    try {
      const isWorn = child !== undefined && (child.runs >= maxRunsPerChild || isLarge(end));
      if (isWorn) await child.kill();
      if (child !== undefined && !child.isAlive && !closing.signal.aborted)
        await childOf(slot, closing.signal);
    } catch (err) {
      log.debug({ err }, 'sandbox child not replaced');
    } finally {
      slots.give(slot);
    }
  }

  function isLarge(end: RunEnd | undefined): boolean {
    return end?.reply !== undefined && end.reply.residentMb > memoryMb + retiredAboveMb;
  }

  async function inTurn(
    run: Run,
    { timeoutMs, maxWaitMs, signal }: PoolLimits & RunLimits,
  ): Promise<RunEnd | NoTurn> {
    const slot = await slots.take(run.tenantId, maxWaitMs, signal);
    if (typeof slot === 'string') return { noSlot: slot, durationMs: 0 };
    let end: RunEnd | undefined;
    try {
      end = await runTwiceAtMost(slot, run, { timeoutMs, signal });
      return end;
    } finally {
      // Whoever waits for the verdict need not wait for the next child.
      void leave(slot, end);
    }
  }

  async function ready(): Promise<void> {
    const taken = await Promise.all(
      Array.from({ length: children }, () => slots.take('ready', readyWaitMs, closing.signal)),
    );
    const held = taken.filter((slot) => typeof slot !== 'string');
    const started = await Promise.all(held.map((slot) => childOf(slot, closing.signal)));
    for (const slot of held) slots.give(slot);
    if (started.length < children || started.includes(undefined)) throw new FormaError('SANDBOX_UNAVAILABLE');
  }

  async function endAll(): Promise<void> {
    closing.abort(new FormaError('SHUTTING_DOWN'));
    await Promise.all((await slots.takeAll()).map((slot) => slot.child?.kill()));
  }

  return {
    run(run, limits) {
      const { signal } = limits;
      const either = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
      return inTurn(run, { ...limits, signal: either });
    },
    ready,
    close() {
      closed ??= endAll();
      return closed;
    },
  };
}

const readyWaitMs = 30_000;
