import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@formaops/core';
import { findConfinement, type Launcher } from './confinement.ts';
import { killChild } from './kill-child.ts';
import type { Run } from './protocol.ts';
import { type Exit, type RunEnd, type RunLimits, runInChild } from './run-in-child.ts';

/** A child is ready after 0.3 s, and was seen to take 5 s on a machine that was hopelessly busy. */
const readyDeadlineMs = 30_000;

export interface ChildOptions {
  /** The module that the child runs. */
  entry: URL;
  /** Limit of V8's old generation, in megabytes. */
  memoryMb: number;
  log: Logger;
}

/** A process that runs one validation at a time. It does not keep ours alive, and does not outlive it. */
export interface SandboxChild {
  readonly pid: number | undefined;
  readonly isAlive: boolean;
  /** How many runs were asked of it. */
  readonly runs: number;
  /** See {@link runInChild}. */
  run(run: Run, limits: RunLimits): Promise<RunEnd>;
  /** Kills the process; resolves when it is gone. */
  kill(): Promise<void>;
}

/** @throws when the process cannot be started, is not ready within 30 s, or on abort. */
export async function startChild(options: ChildOptions, signal: AbortSignal): Promise<SandboxChild> {
  const child = forkChild(options, await confinementOf(options));
  const gone = whenGone(child);
  // An 'error' that nobody listens to ends our process; what follows from it is seen in the child's end.
  child.on('error', (err) => options.log.debug({ err, pid: child.pid }, 'sandbox child failed'));
  let runs = 0;
  try {
    await untilReady(child, gone, signal);
  } catch (error) {
    killChild(child);
    if (child.pid !== undefined) await gone;
    throw error;
  }
  options.log.debug({ pid: child.pid }, 'sandbox child started');
  return {
    pid: child.pid,
    get isAlive() {
      return child.connected && !child.killed;
    },
    get runs() {
      return runs;
    },
    run(run, limits) {
      runs++;
      return runInChild({ process: child, gone, memoryMb: options.memoryMb }, run, limits);
    },
    async kill() {
      killChild(child);
      await gone;
    },
  };
}

let confinement: Promise<Launcher> | undefined;

/** Found out once: it costs some starts of Node. */
function confinementOf({ entry, log }: ChildOptions): Promise<Launcher> {
  confinement ??= findConfinement(fileURLToPath(entry)).then((launcher) => {
    log.info({ launcher: launcher.join(' ') }, 'sandbox confined');
    return launcher;
  });
  return confinement;
}

function forkChild({ entry, memoryMb }: ChildOptions, launcher: Launcher): ChildProcess {
  const flags = [
    `--max-old-space-size=${memoryMb}`,
    '--disable-proto=delete',
    '--no-node-snapshot',
    // Helpers that collect the garbage of small contexts cost more than they save: 18 % of the functions per second.
    '--single-threaded-gc',
    '--disable-warning=SecurityWarning',
    ...permissions,
  ];
  const [program = process.execPath, ...before] = [...launcher, process.execPath];
  const child = fork(entry, {
    cwd: '/',
    env: {},
    execPath: program,
    execArgv: [...before, ...flags],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // The reason is in protocol.ts.
    serialization: 'json',
  });
  // Whoever waits for the child holds a timer; an idle one must not hold the process.
  child.unref();
  child.channel?.unref();
  return child;
}

/** Nothing but the source code can be read, nothing written, nothing spawned; the thread is the child's own. */
const permissions = [
  '--permission',
  '--allow-worker',
  // For isolated-vm, which looks for this file to choose its binary.
  '--allow-addons',
  '--allow-fs-read=/etc/alpine-release',
  ...['packages/', 'node_modules/'].map((folder) => {
    return `--allow-fs-read=${fileURLToPath(new URL(`../../../../${folder}`, import.meta.url))}*`;
  }),
];

async function untilReady(child: ChildProcess, gone: Promise<Exit>, signal: AbortSignal): Promise<void> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new Error('not ready in time')), readyDeadlineMs);
  try {
    await Promise.race([
      once(child, 'message', { signal: AbortSignal.any([signal, deadline.signal]) }),
      gone.then((exit) => {
        throw new Error(`the sandbox child ended with ${exit.signal ?? exit.code}`);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for both events, because the end may be known before the last messages were read. Never rejects. */
async function whenGone(child: ChildProcess): Promise<Exit> {
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const disconnected = new Promise<void>((resolve) => {
    child.once('disconnect', resolve);
  });
  await disconnected;
  // Alive without a connection it is of no use.
  killChild(child);
  return exited;
}
