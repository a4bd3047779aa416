export { systemClock } from './clock.ts';
export {
  createFailpoint,
  type Failpoint,
  type FailpointChances,
  type FailpointName,
  failpointNames,
  failpoints,
} from './failpoints.ts';
export { flag, integer, list, loadEnv, parseEnv } from './load-env.ts';
export { createLogger, type LoggerOptions } from './logger.ts';
export { onShutdown, type ShutdownOptions } from './shutdown.ts';
