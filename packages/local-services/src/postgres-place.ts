import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { exists } from './exists.ts';
import type { SystemUser } from './guarded-server.ts';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';
import { tolerate } from './tolerate.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

/** Where a PostgreSQL runs: as whom, from which binaries, on which data. */
export interface PostgresPlace {
  readonly dataDir: string;
  readonly binDir: string;
  /** Undefined: as the user we are. */
  readonly user: SystemUser | undefined;
}

const run = promisify(execFile);

/**
 * PostgreSQL refuses to run as root. For root it runs as the owner of the data where they exist, else as an unprivileged user; and where that
 * user cannot reach the binaries (in a clone under /root, for example) or the data, these move to `outside`: the data only when they have
 * to, and `log` is told.
 */
export async function choosePlace(
  wantedDataDir: string,
  log: (message: string) => void,
  outside = '/var/lib/formaops',
): Promise<PostgresPlace> {
  const dataDir = resolve(wantedDataDir);
  const binaries = await postgresBinaries();
  const binDir = join(binaries.root, 'bin');
  await mkdir(dirname(dataDir), { recursive: true });
  if (process.getuid?.() !== 0) return { dataDir, binDir, user: undefined };

  const user = (await ownerOf(dataDir)) ?? (await unprivilegedUser(log));
  const reachesBinaries = await isReachable(
    user,
    'test -x "$1/initdb" && test -r "$1/../share/postgresql"',
    binDir,
  );
  const reachesData = await isReachable(user, 'cd "$1"', dirname(dataDir));
  if (reachesBinaries && reachesData) return { dataDir, binDir, user };

  await mkdir(outside, { recursive: true });
  await chmod(outside, 0o755);
  const copiedBinDir = join(await copyBinaries(binaries, outside), 'bin');
  if (reachesData) return { dataDir, binDir: copiedBinDir, user };

  const moved = join(outside, createHash('sha256').update(dataDir).digest('hex').slice(0, 12));
  log(
    `PostgreSQL does not run as root and other users cannot enter ${dirname(dataDir)}: its data are in ${moved}`,
  );
  return { dataDir: moved, binDir: copiedBinDir, user: (await ownerOf(moved)) ?? user };
}

async function ownerOf(dataDir: string): Promise<SystemUser | undefined> {
  const found = await stat(join(dataDir, 'cluster')).catch(tolerate(['ENOENT'], undefined));
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
}

/** Asks the operating system, since modes of all the parents, access lists and mount options have a say. */
async function isReachable(user: SystemUser, test: string, dir: string): Promise<boolean> {
  return run('/bin/sh', ['-c', test, 'sh', dir], { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** One copy (60 MB) serves all clones. @returns its root. */
async function copyBinaries(binaries: PostgresBinaries, outside: string): Promise<string> {
  const root = join(outside, `postgres-${binaries.version}`);
  if (await exists(root)) return root;
  const incomplete = `${root}.${process.pid}`;
  await run('cp', ['-RP', binaries.root, incomplete]);
  await run('chmod', ['-R', 'a+rX', incomplete]);
  await rename(incomplete, root).catch(tolerate(['EEXIST', 'ENOTEMPTY'], undefined));
  await rm(incomplete, { recursive: true, force: true });
  return root;
}
