import type { ChildProcess } from 'node:child_process';
import { type Bag, createBag } from '@formaops/core';
import { killChild } from './kill-child.ts';
import { type Reply, type Run, readReply } from './protocol.ts';
import { watchResidentMemory } from './resident-memory.ts';

/** From a request to the start of its run. Not the tenant's time: the child only has to read the message. */
const startDeadlineMs = 10_000;
/** What may be occupied beside the old generation. Node with the validators takes 100 MB, the young generation 50. */
const residentOverheadMb = 256;

/** How a process ended, as Node's `exit` event tells it. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunLimits {
  /** From the start of the run in the child. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** Why a run has no reply. `killed`: on abort, or by a SIGKILL that was not ours. */
export type StopCause = 'not-started' | 'timed-out' | 'out-of-memory' | 'crashed' | 'killed';

/** How a run ended; `durationMs` counts from its start in the child. */
export type RunEnd =
  | { reply: Reply; cause?: never; noSlot?: never; durationMs: number }
  | { reply?: never; cause: StopCause; noSlot?: never; durationMs: number };

/** An idle child. */
export interface IdleChild {
  process: ChildProcess;
  /** Resolves when the process has ended and its last message was read. */
  gone: Promise<Exit>;
  /** Limit of V8's old generation, in megabytes. */
  memoryMb: number;
}

/**
 * Runs one validation. The child is killed when that takes longer than `timeoutMs`, when the whole process occupies
 * 256 MB more than its heap may, when it breaks the protocol, and on abort. Without a reply it is gone when this
 * resolves. Never rejects.
 */
export async function runInChild(child: IdleChild, run: Run, limits: RunLimits): Promise<RunEnd> {
  const replied = Promise.withResolvers<Reply | undefined>();
  const releases: (() => void)[] = [];
  let startedAt: number | undefined;
  let cause: StopCause | undefined;

  function stop(why: StopCause): void {
    cause ??= why;
    killChild(child.process);
  }

  function begin(): void {
    startedAt = performance.now();
    releases.push(after(limits.timeoutMs, () => stop('timed-out')));
    const capMb = child.memoryMb + residentOverheadMb;
    releases.push(watchResidentMemory(child.process.pid, capMb, () => stop('out-of-memory')));
  }

  function receive(message: unknown): void {
    const reply = readReply(run.task, message);
    if (message === 'started' && startedAt === undefined) begin();
    else if (reply === undefined || startedAt === undefined) stop('crashed');
    // A reply that crosses our kill comes from a child that cannot be used again.
    else if (cause === undefined) replied.resolve(reply);
  }

  const abort = () => stop('killed');
  const expire = () => startedAt === undefined && stop('not-started');
  releases.push(after(startDeadlineMs, expire));
  child.process.on('message', receive);
  limits.signal.addEventListener('abort', abort);
  try {
    child.process.send(run, (error) => error !== null && stop('not-started'));
    releases.push(onGone(child.gone, () => replied.resolve(undefined)));
    const reply = await replied.promise;
    const durationMs = startedAt === undefined ? 0 : performance.now() - startedAt;
    if (reply !== undefined) return { reply, durationMs };
    return { cause: cause ?? causeOf(await child.gone, startedAt !== undefined), durationMs };
  } finally {
    child.process.off('message', receive);
    limits.signal.removeEventListener('abort', abort);
    for (const release of releases) release();
  }
}

interface Watch {
  isOver: boolean;
  callbacks: Bag<() => void>;
}

const watches = new WeakMap<Promise<Exit>, Watch>();

/**
 * Calls back at the end of a child. One reaction serves all its runs: a promise keeps what waits for it, so that one
 * for each run would keep 20,000 of them.
 *
 * @returns takes the call back.
 */
function onGone(gone: Promise<Exit>, callback: () => void): () => void {
  const watch = watches.get(gone) ?? watchFor(gone);
  if (watch.isOver) callback();
  return watch.callbacks.add(callback);
}

function watchFor(gone: Promise<Exit>): Watch {
  const watch: Watch = { isOver: false, callbacks: createBag() };
  watches.set(gone, watch);
  void gone.then(() => {
    watch.isOver = true;
    for (const callback of watch.callbacks) callback();
  });
  return watch;
}

function causeOf({ code, signal }: Exit, hasStarted: boolean): StopCause {
  if (!hasStarted) return 'not-started';
  // V8 aborts the process when its heap is full; 134 is what an abort looks like without signals.
  if (signal === 'SIGABRT' || code === 134) return 'out-of-memory';
  return signal === 'SIGKILL' ? 'killed' : 'crashed';
}

/**
 * Calls back after `ms`, but only once the messages that have arrived by then were handled: when our own event loop
 * was blocked, it sees timers before messages, and a run that ended in time would count as late.
 *
 * @returns takes the call back.
 */
function after(ms: number, callback: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(callback);
  }, ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
