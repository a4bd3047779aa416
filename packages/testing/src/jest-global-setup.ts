import { startTestServers } from './servers.ts';

/** Starts the servers once for all tests and tells the test processes where they are. */
export default async function setUp(): Promise<void> {
  const servers = await startTestServers(process.env);
  process.env['TEST_POSTGRES_URL'] = servers.postgresUrl;
  if (servers.redisUrl) process.env['TEST_REDIS_URL'] = servers.redisUrl;
  else reportMissingRedis(servers.redisProblem);
  (globalThis as { stopTestServers?: () => Promise<void> }).stopTestServers = servers.stop;
}

function reportMissingRedis(problem: string | null): void {
  const text = `NOT RUN: every test that needs Redis, because none can be had here. ${problem ?? ''}`;
  // In CI half a suite must not pass for a whole one.
  if (process.env['CI']) throw new Error(text);
  process.stderr.write(`\n${text}\n\n`);
}
