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
 * user cannot reach the binaries or the data (a clone under /root, for example), both move to `outside`, and `log` is told.
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
  if (await canReach(user, binDir, dirname(dataDir))) return { dataDir, binDir, user };

  const moved = join(outside, createHash('sha256').update(dataDir).digest('hex').slice(0, 12));
  await mkdir(outside, { recursive: true });
  await chmod(outside, 0o755);
  log(
    `PostgreSQL does not run as root and other users cannot enter ${dirname(dataDir)}: its data are in ${moved}`,
  );
  return {
    dataDir: moved,
    binDir: join(await copyBinaries(binaries, outside), 'bin'),
    user: (await ownerOf(moved)) ?? user,
  };
}

async function ownerOf(dataDir: string): Promise<SystemUser | undefined> {
  const found = await stat(join(dataDir, 'cluster')).catch(tolerate(['ENOENT'], undefined));
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
}

/** Asks the operating system, since modes of all the parents, access lists and mount options have a say. */
async function canReach(user: SystemUser, binDir: string, dataParent: string): Promise<boolean> {
  const test = 'test -x "$1/initdb" && test -r "$1/../share/postgresql" && cd "$2"';
  return run('/bin/sh', ['-c', test, 'sh', binDir, dataParent], { ...user, cwd: '/' }).then(
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
