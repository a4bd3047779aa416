import { createLogger, onShutdown } from '@formaops/runtime';
import { readEnv } from './env.ts';
import { startSimulator } from './server.ts';

/** Closing cuts all connections and waits for nobody, so this is only reached when something is wrong. */
const STOP_LIMIT_MS = 5_000;

const { PORT: port, HOST: host } = readEnv();
const log = createLogger({ name: 'model-simulator', level: 'info' });
try {
  const starting = startSimulator({ port, host });
  // Before it listens: a parent that leaves meanwhile is noticed as well.
  onShutdown(async () => (await starting).close(), { hardLimitMs: STOP_LIMIT_MS, log });
  const { url } = await starting;
  log.info({ url }, 'model simulator listening');
  process.send?.({ ready: true, url });
} catch (error) {
  log.error({ err: error, host, port }, 'model simulator could not listen');
  process.exit(1);
}
