import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readLocalEnv } from './env.ts';
import type { DevState } from './state-dir.ts';

/** How long a test waits for any one thing; the machine may be busy. */
const patienceMs = 90_000;

/** The last line that a person waits for after `npm start`. */
export const isUp = 'Stop: Ctrl-C.';

/** A command that a person would type into a terminal. */
export interface Command {
  pid: number;
  /** Everything it wrote so far. */
  output(): string;
  /** Waits until it has written this. @throws Error with its output when it ends without, or takes too long. */
  says(text: string): Promise<void>;
  /** Waits for its end. @returns the exit code; null when a signal ended it. */
  ended(): Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

export interface LocalFixture extends AsyncDisposable {
  stateDir: string;
  /** Runs `npm start -- …`, without npm. */
  start(args: string[], env?: Record<string, string>): Command;
  /** Runs `npm run worker`, without npm. */
  startWorker(env?: Record<string, string>): Command;
  /** What `dev.json` says. */
  devState(): Promise<DevState>;
  hasDevState(): Promise<boolean>;
  /**
   * The command lines of what runs on behalf of this folder, without PostgreSQL's guard, a shell that needs a moment to
   * go. On other systems than Linux none are found.
   */
  servers(): Promise<string[]>;
  /** Waits until nothing runs any more. @throws Error naming what does. */
  nothingLeft(): Promise<void>;
}

/** A folder for the local stack's state, with nothing in it. What still runs at the end of the test's scope is killed. */
export async function setup(): Promise<LocalFixture> {
  const stateDir = await mkdtemp(join(tmpdir(), 'formaops-local-'));
  // PostgreSQL does not run as root, and its user must be able to enter.
  await chmod(stateDir, 0o755);
  const movedDir = movedDataDir(stateDir);
  const commands: Command[] = [];
  const run = (script: string, args: string[], env: Record<string, string> = {}) => {
    const command = startCommand(script, args, { FORMAOPS_STATE_DIR: stateDir, ...env });
    commands.push(command);
    return command;
  };
  const devFile = join(stateDir, 'dev.json');
  const processes = () => processesAbout([stateDir, movedDir]);
  const nothingLeft = async () => {
    let left: string[] = [];
    const isOver = async () => {
      left = await processes();
      return left.length === 0;
    };
    await until(isOver, () => `still running:\n${left.join('\n')}`);
  };
  return {
    stateDir,
    start: (args, env) => run('start.ts', args, env),
    startWorker: (env) => run('start-worker.ts', [], env),
    devState: async () => JSON.parse(await readFile(devFile, 'utf8')),
    hasDevState: async () => (await readdir(stateDir)).includes('dev.json'),
    servers: async () => (await processes()).filter((line) => !line.includes('/bin/sh')),
    nothingLeft,
    async [Symbol.asyncDispose]() {
      for (const command of commands) command.kill('SIGKILL');
      await nothingLeft();
      for (const dir of [stateDir, movedDir]) await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Where PostgreSQL's data lie when its user cannot enter the clone: see `choosePlace` of `@formaops/local-services`. */
function movedDataDir(stateDir: string): string {
  const dataDir = join(stateDir, 'postgres');
  return `/var/lib/formaops/${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`;
}

function startCommand(script: string, args: string[], env: Record<string, string>): Command {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, script), ...args],
    { env: { PATH: readLocalEnv().inherited['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const closed = once(child, 'close') as Promise<[number | null]>;
  return {
    pid: Number(child.pid),
    output: () => text,
    says: (wanted) =>
      until(
        async () => text.includes(wanted) || hasEnded(child),
        () => `${script} does not say "${wanted}":\n${text}`,
      ).then(() => {
        if (!text.includes(wanted)) throw new Error(`${script} ended without "${wanted}":\n${text}`);
      }),
    async ended() {
      await until(
        async () => hasEnded(child),
        () => `${script} does not end:\n${text}`,
      );
      const [code] = await closed;
      return code;
    },
    kill: (signal) => void child.kill(signal),
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Asks until the answer is yes. @throws Error with `complaint` when that takes too long. */
export async function until(
  ask: () => Promise<boolean>,
  complaint: () => string = () => 'it took too long',
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(complaint());
    await delay(20);
  }
}

/** Processes whose environment, command line or folder names one of these paths. */
async function processesAbout(paths: string[]): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => commandLineIfAbout(pid, paths)));
  return found.filter((line) => line !== null);
}

async function commandLineIfAbout(pid: string, paths: string[]): Promise<string | null> {
  try {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    const texts = [
      command,
      await readFile(`/proc/${pid}/environ`, 'utf8'),
      await readlink(`/proc/${pid}/cwd`),
    ];
    const isAbout = paths.some((path) => texts.some((text) => text.includes(path)));
    return isAbout ? `${pid} ${command.replaceAll('\0', ' ').trim()}` : null;
  } catch {
    return null; // It has ended meanwhile, or is another user's.
  }
}
