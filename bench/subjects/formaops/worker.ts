import { createLogger, onShutdown, systemClock } from '@formaops/runtime';
import { readEnv } from '../../../apps/worker/src/env.ts';
import { createWorker } from '../../../apps/worker/src/worker.ts';
import { createInstantProvider } from '../instant-provider.ts';

// As apps/worker/src/main.ts, with another model.
const env = readEnv();
const log = createLogger({ name: 'worker', level: env.LOG_LEVEL });
const worker = createWorker(env, log, systemClock, Math.random, { provider: createInstantProvider() });

const fail = onShutdown(worker.stop, { hardLimitMs: env.SHUTDOWN_GRACE_MS + 8_000, log });
void worker.stuck.then(() => fail('stuck'));
await worker.start();
process.send?.({ ready: true });
