import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@formaops/local-services';

/** A PostgreSQL that can be crashed and comes back with what it had promised to keep. */
export interface ChaosPostgres {
  readonly url: string;
  /** PostgreSQL's immediate shutdown: no goodbye, no checkpoint. */
  crash(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startChaosPostgres(dataDir: string): Promise<ChaosPostgres> {
  const start = (port?: number) => startEmbeddedPostgres({ dataDir, port, durable: true });
  let server: EmbeddedPostgres = await start();
  let isUp = true;
  return {
    url: server.url,
    async crash() {
      isUp = false;
      process.kill(await postmasterOf(server), 'SIGQUIT');
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

async function postmasterOf({ dataDir }: EmbeddedPostgres): Promise<number> {
  const [pid] = (await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}
