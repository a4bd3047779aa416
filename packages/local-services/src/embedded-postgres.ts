import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { exists } from './exists.ts';
import { freePort } from './free-port.ts';
import { type GuardedServer, type SystemUser, startGuardedServer } from './guarded-server.ts';
import { recordStarter, removeLeftover } from './postgres-leftover.ts';
import { choosePlace, type PostgresPlace } from './postgres-place.ts';

export interface EmbeddedPostgresOptions {
  /** Keeps the cluster and its password; made when missing. One server per folder. */
  readonly dataDir: string;
  /** A free one when left out. */
  readonly port?: number | undefined;
  /** Whether committed data survive a crash of the machine. `false` is for tests: much faster, and corrupt after a power cut. */
  readonly durable: boolean;
  /** Receives what a user should know: a system user that was created, data that lie elsewhere, a leftover that was stopped. */
  readonly log?: ((message: string) => void) | undefined;
}

export interface EmbeddedPostgres {
  /** `postgres://` address of the superuser's own database. */
  readonly url: string;
  readonly port: number;
  /** Where the data really are: the folder asked for, unless PostgreSQL's user cannot enter it. */
  readonly dataDir: string;
  readonly binDir: string;
  /** Set when we are root, because PostgreSQL is not. */
  readonly runAsUser: SystemUser | undefined;
  /** PostgreSQL's fast shutdown; resolves when the server has exited. */
  stop(): Promise<void>;
}

const run = promisify(execFile);

const COMMON_SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '300',
};

const THROW_AWAY_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** The collation sorts by code point everywhere; only what counts as a letter (pg_trgm asks) comes from the system's C library. */
const LOCALE = [
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  `--lc-ctype=${process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`,
];

/** The messages are matched below, and a time zone that is given need not be guessed from the system's files. */
const ENVIRONMENT = { LC_MESSAGES: 'C', TZ: 'UTC' };

/**
 * Starts a real PostgreSQL 18 on 127.0.0.1, reachable with a password only, and creates its data on the first start (about 1 s; later
 * starts 0.1 s). It runs as root, too, though then PostgreSQL itself is another user. It ends with this process, however that ends.
 *
 * @throws Error in plain words: no binaries for the platform, a folder in use, a port taken, or the end of PostgreSQL's own output.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const place = await choosePlace(options.dataDir, log);
  const cluster = join(place.dataDir, 'cluster');
  await createCluster(place, options.durable);
  await removeLeftover(cluster, log);
  const password = await readFile(join(place.dataDir, 'password'), 'utf8');
  const { server, port } = await startServer(place, options);
  try {
    // Not before it runs: when two processes start it at once, the loser must not leave its name.
    await recordStarter(cluster);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    port,
    dataDir: place.dataDir,
    binDir: place.binDir,
    runAsUser: place.user,
    stop: server.stop,
  };
}

/** Builds the folder beside its place and moves it there when it is complete, so that an interrupted start leaves no half of one. */
async function createCluster({ dataDir, binDir, user }: PostgresPlace, durable: boolean): Promise<void> {
  if (await exists(join(dataDir, 'cluster'))) return;
  const incomplete = `${dataDir}.incomplete`;
  const cluster = join(incomplete, 'cluster');
  const passwordFile = join(incomplete, 'password');
  await rm(incomplete, { recursive: true, force: true });
  // Only what is PostgreSQL's belongs to its user: root writes into this folder, and must not follow somebody else's links.
  await mkdir(incomplete, { mode: 0o711 });
  await mkdir(cluster, { mode: 0o700 });
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (user !== undefined) for (const path of [cluster, passwordFile]) await chown(path, user.uid, user.gid);
  const args = [
    '-D',
    cluster,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--no-instructions',
  ];
  await run(join(binDir, 'initdb'), [...args, ...LOCALE, ...(durable ? [] : ['--no-sync'])], {
    cwd: incomplete,
    env: ENVIRONMENT,
    ...user,
  });
  await rename(incomplete, dataDir);
}

async function startServer(
  { dataDir, binDir, user }: PostgresPlace,
  { port: wantedPort, durable }: EmbeddedPostgresOptions,
): Promise<{ server: GuardedServer; port: number }> {
  const settings = Object.entries({ ...COMMON_SETTINGS, ...(durable ? {} : THROW_AWAY_SETTINGS) });
  for (let attempt = 1; ; attempt++) {
    const port = wantedPort ?? (await freePort());
    try {
      const server = await startGuardedServer({
        name: 'PostgreSQL',
        command: join(binDir, 'postgres'),
        args: [
          '-D',
          join(dataDir, 'cluster'),
          '-p',
          String(port),
          ...settings.flatMap(([key, value]) => ['-c', `${key}=${value}`]),
        ],
        env: ENVIRONMENT,
        cwd: dataDir,
        user,
        readyWhen: 'database system is ready to accept connections',
        stopSignal: 'SIGINT',
        logFile: join(dataDir, 'server.log'),
      });
      return { server, port };
    } catch (error) {
      if (attempt === 50 || !isPassing(error, wantedPort)) throw error;
      await sleep(100);
    }
  }
}

/**
 * Two obstacles pass: somebody took the free port before we did; and the processes of a server that was killed are still about to notice
 * (PostgreSQL refuses to start until the memory they share is released).
 */
function isPassing(error: unknown, wantedPort: number | undefined): boolean {
  const message = String(error);
  const isPortTaken = message.includes('Address already in use');
  return (isPortTaken && wantedPort === undefined) || message.includes('shared memory block');
}
