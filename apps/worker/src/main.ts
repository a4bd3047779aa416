import { createLogger, onShutdown, systemClock } from '@formaops/runtime';
import { readEnv } from './env.ts';
import { startHealthServer } from './health-server.ts';
import { createWorker } from './worker.ts';

const env = readEnv();
const log = createLogger({ name: 'worker', level: env.LOG_LEVEL });
const worker = createWorker(env, log, systemClock, Math.random);

if (env.HEALTH_PORT) startHealthServer(env.HEALTH_PORT, worker.health);
// Longer than the grace period by what giving back and closing may take.
const fail = onShutdown(worker.stop, { hardLimitMs: env.SHUTDOWN_GRACE_MS + 8_000, log });
void worker.stuck.then(() => fail('stuck'));
await worker.start();
process.send?.({ ready: true });
