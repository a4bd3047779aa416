import { once } from 'node:events';
import { connect } from 'node:net';
import { type Redis, startRedis } from '@formaops/local-services';

/** A Redis that can be killed, and made to forget. */
export interface ChaosRedis {
  readonly url: string;
  /** Where it keeps its append-only file. */
  readonly dataDir: string;
  /** SIGKILL; what the append-only file has comes back with `start`. */
  kill(): Promise<void>;
  /** Ends without writing anything down. */
  shutDownUnsaved(): Promise<void>;
  start(): Promise<void>;
  /** Sends one command, such as `FLUSHALL`. @returns the first line of the answer. */
  command(line: string): Promise<string>;
  stop(): Promise<void>;
}

export interface ChaosRedisOptions {
  dataDir: string;
  cacheDir: string;
  /** Whether an append-only file is kept. */
  durable: boolean;
}

/** @throws Error where no Redis can be had on this machine. */
export async function startChaosRedis({
  dataDir,
  cacheDir,
  durable,
}: ChaosRedisOptions): Promise<ChaosRedis> {
  const config: Record<string, string> = durable ? { appendonly: 'yes', appendfsync: 'everysec' } : {};
  const start = (port?: number) => startRedis({ cacheDir, dataDir, port, config });
  let server: Redis = await start();
  let isUp = true;
  const command = (line: string) => sendCommand(server.port, line);
  return {
    url: server.url,
    dataDir,
    command,
    async kill() {
      isUp = false;
      process.kill(server.pid, 'SIGKILL');
      await server.stop();
    },
    async shutDownUnsaved() {
      isUp = false;
      await command('SHUTDOWN NOSAVE');
      await server.stop();
    },
    async start() {
      if (isUp) return;
      server = await start(server.port);
      isUp = true;
    },
    stop: () => server.stop(),
  };
}

/** @see https://redis.io/docs/latest/develop/reference/protocol-spec/ (inline commands) */
async function sendCommand(port: number, line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${line}\r\n`);
  const answered = once(socket, 'data').then(([bytes]) => String(bytes).split('\r\n')[0] ?? '');
  const closed = once(socket, 'close').then(() => '');
  try {
    return await Promise.race([answered, closed]);
  } finally {
    socket.destroy();
  }
}
