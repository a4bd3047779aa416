import { randomBytes } from 'node:crypto';
import { createConnection } from 'node:net';
import pg from 'pg';

export const templateDatabase = 'formaops_template';

export interface TestDatabase {
  databaseUrl: string;
  drop(): Promise<void>;
}

/** A migrated database of the test's own. */
export function testDatabase(): Promise<TestDatabase> {
  return createDatabase(`TEMPLATE ${templateDatabase}`);
}

/** An empty database of the test's own. */
export function testPostgres(): Promise<TestDatabase> {
  return createDatabase('TEMPLATE template0');
}

async function createDatabase(from: string): Promise<TestDatabase> {
  const postgresUrl = serverUrl('TEST_POSTGRES_URL');
  const name = `test_${randomBytes(6).toString('hex')}`;
  // Files are copied in half the time that writing them to the log as well takes.
  await adminQuery(postgresUrl, `CREATE DATABASE ${name} ${from} STRATEGY FILE_COPY`);
  return {
    databaseUrl: urlOfDatabase(postgresUrl, name),
    drop: () => adminQuery(postgresUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** A Redis shared by all tests, with a key prefix of the test's own. */
export async function testRedis(): Promise<{ redisUrl: string; prefix: string }> {
  return { redisUrl: serverUrl('TEST_REDIS_URL'), prefix: `test-${randomBytes(6).toString('hex')}` };
}

/**
 * An emptied Redis database for the tests that start whole processes, which choose their key prefix themselves. There
 * are fifteen; the sixteenth caller gets the first one's.
 */
export async function testRedisDatabase(): Promise<string> {
  const url = new URL(serverUrl('TEST_REDIS_URL'));
  const count = Number((await redisCommands(url, ['INCR formaops-test-databases']))[0]?.slice(1));
  const number = (count % 15) + 1;
  await redisCommands(url, [`SELECT ${number}`, 'FLUSHDB']);
  url.pathname = `/${number}`;
  return url.href;
}

/** Sends inline commands, whose answers are one line each (https://redis.io/docs/latest/develop/reference/protocol-spec/). */
async function redisCommands(url: URL, commands: string[]): Promise<string[]> {
  const socket = createConnection(Number(url.port), url.hostname);
  socket.write(commands.map((command) => `${command}\r\n`).join(''));
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (text.split('\r\n').length > commands.length) break;
  }
  return text.split('\r\n').slice(0, commands.length);
}

/** Whether this run has a Redis; where it has none, the run says so once, at its start. */
export const hasRedis = process.env['TEST_REDIS_URL'] !== undefined;

export function urlOfDatabase(postgresUrl: string, name: string): string {
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
}

export async function adminQuery(postgresUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function serverUrl(name: string): string {
  const url = process.env[name];
  if (!url) throw new Error(`${name} is not set; run the tests with npm test`);
  return url;
}
