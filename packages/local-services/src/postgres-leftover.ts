import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive } from './is-alive.ts';
import { tolerate } from './tolerate.ts';

const run = promisify(execFile);

const STOP_TIMEOUT_MS = 20_000;

/**
 * Makes way for a start: a server that still runs on `cluster` although the process that started it is gone (both it and the guard were
 * killed, say) is stopped in good order, and a pid file whose number now belongs to some other program is removed.
 *
 * @throws Error when the server's starter is alive, since then it is in use.
 */
export async function removeLeftover(cluster: string, log: (message: string) => void): Promise<void> {
  const pid = await readPid(join(cluster, 'postmaster.pid'));
  if (pid === undefined || !isAlive(pid)) return; // PostgreSQL knows what to do with the file of a dead one.
  if (!(await isServerOf(pid, cluster))) return rm(join(cluster, 'postmaster.pid'), { force: true });

  const starter = await readPid(starterFile(cluster));
  if (starter !== undefined && isAlive(starter))
    throw new Error(
      `The PostgreSQL in ${cluster} is already running; process ${starter} started it. Stop that first.`,
    );
  log(`Stopping a PostgreSQL that an earlier run left behind (process ${pid})`);
  await stopServer(pid, cluster);
}

/** Remembers that this process runs the server of `cluster`, for `removeLeftover`. */
export async function recordStarter(cluster: string): Promise<void> {
  await writeFile(starterFile(cluster), String(process.pid));
}

function starterFile(cluster: string): string {
  return `${cluster}.starter`;
}

async function readPid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(tolerate(['ENOENT'], ''));
  const pid = Number.parseInt(text, 10);
  return Number.isNaN(pid) ? undefined : pid;
}

/** The server has its data directory as an argument; no other program has both in its command line, and a zombie has none. */
async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => askPs(pid));
  return commandLine.includes('postgres') && commandLine.includes(cluster);
}

/** For systems without /proc. */
async function askPs(pid: number): Promise<string> {
  return run('ps', ['-o', 'args=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '', // ps fails when there is no such process.
  );
}

async function stopServer(pid: number, cluster: string): Promise<void> {
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  process.kill(pid, 'SIGINT'); // PostgreSQL's fast shutdown.
  while (await isServerOf(pid, cluster)) {
    if (performance.now() > deadline)
      throw new Error(`PostgreSQL (process ${pid}) does not stop. Kill it and start again.`);
    await sleep(20);
  }
}
