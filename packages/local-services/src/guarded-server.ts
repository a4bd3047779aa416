import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A user of the operating system. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

export interface ServerSpec {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** A folder that the server's user may enter. */
  readonly cwd: string;
  /** Whom to run as; only root can choose. */
  readonly user?: SystemUser | undefined;
  /** The server is ready as soon as its output contains this. */
  readonly readyWhen: string;
  /** Asks the server for an orderly end. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** Receives the output of the server; what an earlier start wrote there is dropped. */
  readonly logFile: string;
}

export interface GuardedServer {
  readonly pid: number;
  /** Ends the server in good order and resolves when it has exited. May be called again, also after it died by itself. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

/**
 * Becomes the server, after having left a guard behind: a process that blocks on a pipe whose other end only we hold. When we die, by
 * SIGKILL too, the kernel closes the pipe and the guard stops the server; a line on the pipe dismisses the guard. Only POSIX is needed.
 * The guard is forked twice, since a server such as PostgreSQL takes an unknown child that dies for a crash of its own.
 */
const GUARD = `
( {
  cd /
  read -r _ <&3 && exit
  kill -s "$1" $$
  for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -s 0 $$ || exit; done
  kill -s KILL $$
} </dev/null >/dev/null 2>&1 & )
shift
exec "$@" 3<&-
`;

/**
 * Starts a server and waits until it says that it is ready (at most 60 s). The server is in a session of its own, so that Ctrl-C does not
 * take it away from processes that still need it while they stop. It ends with this process, however that ends.
 *
 * @throws Error with the end of the server's output when it exits instead, or does not get ready.
 */
export async function startGuardedServer(spec: ServerSpec): Promise<GuardedServer> {
  const { child, exited } = await spawnGuarded(spec);
  const stop = () => stopServer(child, spec.stopSignal, exited);
  try {
    await untilReady(child, spec);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: Number(child.pid), stop };
}

async function spawnGuarded(spec: ServerSpec): Promise<{ child: ChildProcess; exited: Promise<void> }> {
  // The server writes to the file itself: nothing to drain here, and its last words are kept when we die first.
  const output = await open(spec.logFile, 'w', 0o600);
  try {
    const signal = spec.stopSignal.slice('SIG'.length);
    const child = spawn('/bin/sh', ['-c', GUARD, 'sh', signal, spec.command, ...spec.args], {
      cwd: spec.cwd,
      env: { ...spec.env },
      detached: true,
      stdio: ['ignore', output.fd, output.fd, 'pipe'],
      ...spec.user,
    });
    const exited = new Promise<void>((resolve) => child.once('exit', resolve)).then(() =>
      dismissGuard(child),
    );
    await once(child, 'spawn');
    return { child, exited };
  } finally {
    await output.close();
  }
}

async function untilReady(child: ChildProcess, spec: ServerSpec): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    // Asked before reading: an exited server has written all it will ever write.
    const exited = hasExited(child);
    const output = await readFile(spec.logFile, 'utf8');
    if (output.includes(spec.readyWhen)) return;
    if (exited || performance.now() > deadline)
      throw new Error(`${spec.name} did not start:\n${tail(output)}`);
    await sleep(10);
  }
}

async function stopServer(child: ChildProcess, signal: NodeJS.Signals, exited: Promise<void>): Promise<void> {
  if (!hasExited(child)) child.kill(signal);
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(force);
}

function dismissGuard(child: ChildProcess): void {
  const pipe = child.stdio[3];
  if (!(pipe instanceof Writable)) return;
  // Somebody may have killed the guard; then there is nobody to dismiss.
  pipe.on('error', () => pipe.destroy());
  pipe.end('dismissed\n');
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function tail(output: string): string {
  return output.trimEnd().split('\n').slice(-20).join('\n');
}
