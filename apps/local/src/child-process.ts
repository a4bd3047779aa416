import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateDir } from './state-dir.ts';

export interface RunningProcess {
  name: string;
  /** What the process told when it was ready. */
  ready: Record<string, unknown>;
  /** Fulfilled with how it ended. */
  ended: Promise<string>;
  /** SIGTERM; the process decides how long it takes. Called again: SIGKILL. */
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '../../..');
const logDir = join(stateDir, 'logs');

const readyTimeoutMs = 60_000;

/** Names that were used before: a process that is started again goes on with its log. */
const known = new Set<string>();

/**
 * Starts one of the product's processes and waits until it is ready, for a minute at most. Its output goes to
 * `.formaops/logs/<name>.log`. It has a process group of its own, so that Ctrl-C reaches only us and the order of
 * stopping is ours; should we be killed, it sees its IPC channel close and stops by itself.
 *
 * @param stopping ends the process when it is not ready yet; later only `stop` does.
 * @throws Error with the last lines of the log when it ends before it is ready.
 */
export async function startProcess(
  name: string,
  script: string,
  env: NodeJS.ProcessEnv,
  stopping: AbortSignal,
): Promise<RunningProcess> {
  stopping.throwIfAborted();
  mkdirSync(logDir, { recursive: true });
  const logFile = join(logDir, `${name}.log`);
  const log = openSync(logFile, known.has(name) ? 'a' : 'w', 0o600);
  known.add(name);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, script)], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const ended = once(child, 'exit').then(([code, signal]) => String(signal ?? `exit code ${code}`));
  const givingUp = AbortSignal.any([stopping, AbortSignal.timeout(readyTimeoutMs)]);
  const giveUp = () => void child.kill('SIGTERM');
  givingUp.addEventListener('abort', giveUp);
  const ready = await Promise.race([firstMessage(child), ended]);
  givingUp.removeEventListener('abort', giveUp);
  if (typeof ready === 'string') {
    throw new Error(`${name} did not start (${ready}):\n${await lastLines(logFile)}`);
  }
  let asked = false;
  const stop = async () => {
    child.kill(asked ? 'SIGKILL' : 'SIGTERM');
    asked = true;
    await ended;
  };
  return { name, ready, ended, stop };
}

async function firstMessage(child: ChildProcess): Promise<Record<string, unknown>> {
  const [message] = await once(child, 'message');
  return typeof message === 'object' && message !== null ? message : {};
}

async function lastLines(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trimEnd().split('\n').slice(-15).join('\n');
}
