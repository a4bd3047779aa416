import { createLogger, onShutdown } from '@formaops/runtime';
import { createApiProcess } from './api.ts';
import { readEnv } from './env.ts';

const env = readEnv();
const log = createLogger({ name: 'api', level: env.LOG_LEVEL });
const api = createApiProcess(env, log);

onShutdown(api.stop, { hardLimitMs: env.SHUTDOWN_GRACE_MS + 8_000, log });
const ports = await api.start();
process.send?.({ ready: true, ...ports });
