import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EnsureOptions, ensureProgram, type Program } from './ensure-program.ts';
import { freePort } from './free-port.ts';
import { type GuardedServer, startGuardedServer } from './guarded-server.ts';

export interface RedisOptions extends EnsureOptions {
  /** A free one when left out. */
  readonly port?: number | undefined;
  /** Where Redis works and keeps its log; a temporary folder, removed by `stop`, when left out. */
  readonly dataDir?: string | undefined;
  /** Settings by their names in redis.conf. They win over ours: nothing on disk, nothing evicted. */
  readonly config?: Readonly<Record<string, string>> | undefined;
}

export interface Redis {
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves when the server has exited. */
  stop(): Promise<void>;
}

/**
 * Finds a Redis or Valkey server on the system; on Debian and Ubuntu, unpacks a private one where there is none (a few seconds, 10 MB).
 *
 * @throws Error that says what was tried and what to do.
 */
export async function ensureRedisServer(options: EnsureOptions): Promise<Program> {
  return ensureProgram(
    {
      title: 'Redis server',
      names: ['redis-server', 'valkey-server'],
      packages: ['redis-server'],
      pathInPackages: 'usr/bin/redis-server',
      advice:
        'Install one (apt-get install redis-server, dnf install valkey, brew install redis) and try again.',
    },
    options,
  );
}

/**
 * Starts a Redis server of one's own on 127.0.0.1. It ends with this process, however that ends.
 *
 * @throws Error like `ensureRedisServer`, or with the end of the server's output (a port that is taken, a bad setting).
 */
export async function startRedis(options: RedisOptions): Promise<Redis> {
  const program = await ensureRedisServer(options);
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'formaops-redis-')));
  await mkdir(dataDir, { recursive: true });
  const removeFolder = async () => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const { server, port } = await startServer(program, dataDir, options);
    const stop = () => server.stop().then(removeFolder);
    return { url: `redis://127.0.0.1:${port}`, port, pid: server.pid, stop };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

async function startServer(
  { executablePath, env }: Program,
  dataDir: string,
  options: RedisOptions,
): Promise<{ server: GuardedServer; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const settings = {
      bind: '127.0.0.1',
      port: String(port),
      dir: dataDir,
      save: '',
      appendonly: 'no',
      'maxmemory-policy': 'noeviction',
      ...options.config,
    };
    try {
      const server = await startGuardedServer({
        name: 'Redis',
        command: executablePath,
        args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
        env,
        cwd: dataDir,
        readyWhen: 'Ready to accept connections',
        stopSignal: 'SIGTERM',
        logFile: join(dataDir, 'server.log'),
      });
      return { server, port };
    } catch (error) {
      // Somebody may have taken the free port before we did.
      if (attempt === 5 || options.port !== undefined || !String(error).includes('in use')) throw error;
    }
  }
}
