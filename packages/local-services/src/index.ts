export { ensureChromium } from './chromium.ts';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded-postgres.ts';
export type { EnsureOptions, Program } from './ensure-program.ts';
export { freePort } from './free-port.ts';
export type { SystemUser } from './guarded-server.ts';
export { isAlive } from './is-alive.ts';
export { ensureJsonSchemaTestSuite } from './json-schema-test-suite.ts';
export { ensureRedisServer, type Redis, type RedisOptions, startRedis } from './redis.ts';
