import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program and its first arguments, to be followed by the program that it shall start. */
export type Launcher = readonly string[];

/** The user who owns nothing, on every system that has one. */
const nobody = '65534';

/**
 * What takes rights away from a process, from util-linux; each entry is a list of ways, the best first. Node's own
 * permissions do not cover sockets, and nothing written in JavaScript holds once the engine itself is taken over.
 */
const measures: readonly (readonly Launcher[])[] = [
  // A network of its own, in which there is nothing, not even a loopback. Root may; others need a user namespace.
  [
    ['unshare', '--net'],
    ['unshare', '--user', '--map-current-user', '--net'],
  ],
  // No core dumps, no file longer than 0 bytes, few descriptors. An address space limit would not let V8 start.
  [['prlimit', '--core=0', '--fsize=0', '--nofile=128']],
  [
    [
      'setpriv',
      '--no-new-privs',
      '--reuid',
      nobody,
      '--regid',
      nobody,
      '--clear-groups',
      '--bounding-set=-all',
    ],
    ['setpriv', '--no-new-privs'],
  ],
];

/**
 * Finds out how far a process can be confined on this system.
 *
 * @param canRun a file that the confined process has to be able to read.
 * @returns what to start it with; empty where nothing works, as on macOS.
 */
export async function findConfinement(canRun: string): Promise<Launcher> {
  let launcher: Launcher = [];
  for (const ways of measures) {
    for (const way of ways) {
      const longer = [...launcher, ...way];
      if (!(await works(longer, canRun))) continue;
      launcher = longer;
      break;
    }
  }
  return launcher;
}

async function works([program, ...args]: Launcher, canRun: string): Promise<boolean> {
  try {
    await run(String(program), [...args, process.execPath, '--check', canRun], { timeout: 5_000, env: {} });
    return true;
  } catch {
    return false;
  }
}
