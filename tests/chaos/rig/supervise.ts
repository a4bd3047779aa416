import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf, type ProcessId } from './process-table.ts';

/** Why a process ended. `watchdog`: it had noticed that it fetched nothing; `unexpected`: nobody knows. */
export type ExitReason = 'killed' | 'failpoint' | 'stopped' | 'watchdog' | 'unexpected';

/** One life of a process, from its start to its end. */
export interface Life {
  process: string;
  /** From 1. */
  life: number;
  pid: number;
  startedAt: number;
  /** The failpoint it was started with. */
  armed: string | null;
  /** When it was frozen, killed or asked to end. */
  hurts: number[];
  endedAt: number | null;
  reason: ExitReason | null;
  /** Exit code, or the name of the signal that ended it. */
  code: number | string | null;
  /** At which failpoint it killed itself. */
  failpoint: string | null;
  /** What it had started when it was last looked at; none of it may outlive it. */
  descendants: ProcessId[];
}

export interface Supervised {
  readonly name: string;
  /** The last one is the present one. */
  readonly lives: readonly Life[];
  /** Fulfilled when the present life is ready. */
  ready(): Promise<void>;
  /** SIGKILL; the next life begins at once. */
  kill(): Promise<void>;
  /** SIGTERM; the next life begins when this one has ended. To need longer than `limitMs` is an unexpected end. */
  restart(limitMs?: number): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** SIGTERM, for good. */
  stop(limitMs?: number): Promise<void>;
}

export interface SupervisedOptions {
  name: string;
  /** Of the clone whose sources run. */
  root: string;
  script: string;
  logFile: string;
  /** Asked before each life. */
  environment(life: number): { env: Record<string, string>; armed: string | null };
}

interface Running {
  child: ChildProcess;
  life: Life;
  wanted: ExitReason | null;
  isReady: boolean;
  ready: Promise<unknown>;
  ended: Promise<unknown>;
}

/** Frozen ones would not notice that we are gone. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** How long the next life is waited with, in milliseconds. */
const pauseMs = 200;
const stopLimitMs = 30_000;

/** Starts a process of the product, and starts it again whenever it ends, as a supervisor would. */
export function supervise(options: SupervisedOptions): Supervised {
  const lives: Life[] = [];
  let isStopping = false;
  let current = begin();

  function begin(): Running {
    const next = launch(options, lives.length + 1);
    lives.push(next.life);
    void next.ended.then(async () => {
      await sleep(pauseMs);
      if (!isStopping) current = begin();
    });
    return next;
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM', limitMs: number): Promise<void> {
    const { child, life, ended } = current;
    if (life.endedAt !== null) return;
    current.wanted = signal === 'SIGKILL' ? 'killed' : 'stopped';
    life.hurts.push(Date.now());
    life.descendants = descendantsOf(life.pid);
    child.kill(signal);
    // A frozen process does not hear it.
    child.kill('SIGCONT');
    const isDone = await Promise.race([ended.then(() => true), sleep(limitMs, false)]);
    if (isDone) return;
    current.wanted = 'unexpected';
    child.kill('SIGKILL');
    await ended;
  }

  return {
    name: options.name,
    lives,
    async ready() {
      for (let seen: Running | undefined; seen !== current; ) {
        seen = current;
        await Promise.race([seen.ready, seen.ended]);
        if (seen.life.endedAt !== null) await sleep(2 * pauseMs);
      }
    },
    kill: () => end('SIGKILL', stopLimitMs),
    restart: (limitMs = stopLimitMs) => end('SIGTERM', limitMs),
    freeze() {
      current.life.hurts.push(Date.now());
      current.child.kill('SIGSTOP');
    },
    thaw: () => void current.child.kill('SIGCONT'),
    async stop(limitMs = stopLimitMs) {
      isStopping = true;
      await end('SIGTERM', limitMs);
    },
  };
}

function launch(options: SupervisedOptions, number: number): Running {
  const { env, armed } = options.environment(number);
  const child = spawnProduct(options, env);
  const life = newLife(options.name, number, child, armed);
  child.stderr?.on('data', (bytes) => {
    appendFileSync(options.logFile, bytes);
    life.failpoint ??= /\{"failpoint":"(\w+)"\}/.exec(String(bytes))?.[1] ?? null;
  });
  // Not 'exit': its last words may still be on the way then.
  const closed = once(child, 'close');
  const begun: Running = {
    child,
    life,
    wanted: null,
    isReady: false,
    ready: once(child, 'message'),
    ended: closed,
  };
  child.once('message', () => {
    begun.isReady = true;
  });
  running.add(child);
  begun.ended = closed.then(([code, signal]) => {
    running.delete(child);
    const endedAt = Date.now();
    Object.assign(life, { endedAt, code: code ?? signal, reason: reasonOf(begun, code, options.logFile) });
    life.hurts.push(endedAt);
  });
  return begun;
}

function reasonOf({ life, wanted, isReady }: Running, code: number | null, logFile: string): ExitReason {
  if (life.failpoint !== null) return 'failpoint';
  // Asked to stop, it has to end well; one that is still starting holds nothing, and may end by the signal itself.
  const isEndedBySignal = code === null && !isReady;
  if (wanted === 'stopped' && code !== 0 && !isEndedBySignal) return 'unexpected';
  if (wanted !== null) return wanted;
  return isToldBy(life.pid, 'waiting bells not fetched', logFile) ? 'watchdog' : 'unexpected';
}

/** Whether the process said so in its log. */
function isToldBy(pid: number, message: string, logFile: string): boolean {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  return lines.some((line) => line.includes(`"pid":${pid},`) && line.includes(`"msg":"${message}"`));
}

function spawnProduct({ root, script, logFile }: SupervisedOptions, env: Record<string, string>) {
  // The process writes to the file itself: what it said is kept however it ends.
  const log = openSync(logFile, 'a');
  try {
    return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, script)], {
      cwd: root,
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', ...env },
      stdio: ['ignore', log, 'pipe', 'ipc'],
    });
  } finally {
    closeSync(log);
  }
}

function newLife(name: string, life: number, { pid }: ChildProcess, armed: string | null): Life {
  if (pid === undefined) throw new Error(`${name} could not be started`);
  const startedAt = Date.now();
  const begun = { process: name, life, pid, startedAt, armed };
  return {
    ...begun,
    hurts: [],
    endedAt: null,
    reason: null,
    code: null,
    failpoint: null,
    descendants: [],
  };
}
