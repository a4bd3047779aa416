import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessSpec } from './subjects/subject.ts';

export interface Child {
  pid: number;
  /** What it told when it was ready. */
  ready: Record<string, unknown>;
  /** Whatever else it tells. */
  onMessage(listener: (message: Record<string, unknown>) => void): void;
  /** Fulfilled with how it ended, and its last lines. */
  ended: Promise<string>;
  /** SIGTERM, and SIGKILL after 15 s. @throws Error with its last lines when it ended by itself before. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  name: string;
  /** Where Node writes a CPU profile when the process ends. */
  profileDir?: string | undefined;
  env?: Record<string, string>;
}

const readyTimeoutMs = 60_000;
const stopTimeoutMs = 15_000;

/** In memory where there is room: what a process prints must not compete with commits for the disk. */
const logRoot = hasRoom('/dev/shm') ? '/dev/shm' : tmpdir();
const logPrefix = 'formaops-bench-';
const logDir = join(logRoot, `${logPrefix}${process.pid}`);
let started = 0;

process.on('exit', () => rmSync(logDir, { recursive: true, force: true }));

/** Removes what benchmarks printed that were killed. */
export function removeOldLogs(): void {
  for (const name of readdirSync(logRoot)) {
    const pid = name.startsWith(logPrefix) ? Number(name.slice(logPrefix.length)) : Number.NaN;
    if (pid > 0 && !existsSync(`/proc/${pid}`)) rmSync(join(logRoot, name), { recursive: true, force: true });
  }
}

/**
 * Starts a process and waits until it is ready. It has a process group of its own, so that Ctrl-C reaches only us.
 *
 * @throws Error with its last lines when it ends before it is ready.
 */
export async function startChild(spec: ProcessSpec, options: ChildOptions): Promise<Child> {
  mkdirSync(logDir, { recursive: true });
  started += 1;
  const logFile = join(logDir, `${started}-${options.name}.log`);
  const child = spawnWithLog(spec, options, logFile);
  const ended = once(child, 'exit').then(
    ([code, signal]) => `${signal ?? `exit code ${code}`}\n${lastLines(logFile)}`,
  );
  const late = setTimeout(() => void child.kill('SIGKILL'), readyTimeoutMs);
  const ready = await Promise.race([firstReady(child), ended]);
  // A signal that timed out would end a process that has long been ready.
  clearTimeout(late);
  if (typeof ready === 'string') {
    throw new Error(`${options.name} did not start: ${ready}`);
  }
  return {
    pid: Number(child.pid),
    ready,
    ended,
    onMessage: (listener) => void child.on('message', (message) => listener(asObject(message))),
    async stop() {
      if (hasEnded(child)) throw new Error(`${options.name} ended early: ${await ended}`);
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await ended;
      clearTimeout(force);
      rmSync(logFile, { force: true });
    },
  };
}

function spawnWithLog(spec: ProcessSpec, options: ChildOptions, logFile: string): ChildProcess {
  const { name, profileDir } = options;
  const log = openSync(logFile, 'w', 0o600);
  const profile = profileDir
    ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${name}-${started}.cpuprofile`]
    : [];
  const args = [
    '--disable-warning=ExperimentalWarning',
    ...profile,
    ...(spec.nodeArgs ?? []),
    spec.script,
    ...(spec.args ?? []),
  ];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...spec.env, ...options.env },
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  return child;
}

async function firstReady(child: ChildProcess): Promise<Record<string, unknown>> {
  const [message] = await once(child, 'message');
  return asObject(message);
}

/** A container's is often 64 MB, which is soon full. */
function hasRoom(dir: string): boolean {
  if (!existsSync(dir)) return false;
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize > 2 ** 31;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function asObject(message: unknown): Record<string, unknown> {
  return typeof message === 'object' && message !== null ? { ...message } : {};
}

function lastLines(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}
