import { openPool, type Queryable } from '@formaops/db';
import { describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { startTestApp } from '../app.fixture.ts';
import { call } from '../http/call.fixture.ts';
import { until } from '../until.fixture.ts';

const noDatabase = { query: async () => ({ rows: [] }) } as unknown as Queryable;

/** Opens the API's database, or closes it and cuts who is connected. */
async function allowConnections({ databaseUrl, log }: TestApi, allowed: boolean): Promise<void> {
  const url = new URL(databaseUrl);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const pool = openPool({ databaseUrl: url.href, max: 1, applicationName: 'test', log });
  await pool.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS ${allowed}`);
  await pool.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  await pool.end();
}

const queueIsAway = async () => ({ state: 'unreachable' as const, reason: 'refused' });

describe('/health/live', () => {
  it('answers without a key, whatever is down', async () => {
    const down = { isDatabaseUp: async () => false, checkQueue: queueIsAway, isStopping: () => true };
    await using app = await startTestApp(noDatabase, down);
    expect(await call(`${app.url}/health/live`)).toMatchObject({ status: 200, body: { status: 'live' } });
  });
});

describe('/health/ready', () => {
  it.each([
    ['everything is there', {}, 200, { status: 'ready', database: 'up', queue: 'up' }],
    [
      'the queue is down',
      { checkQueue: queueIsAway },
      200,
      { status: 'ready', database: 'up', queue: 'down' },
    ],
    [
      'the queue must not be used as it is',
      { checkQueue: async () => ({ state: 'unfit' as const, reason: 'it evicts' }) },
      200,
      { status: 'ready', database: 'up', queue: 'unfit', queueProblem: 'it evicts' },
    ],
    [
      'the database is down',
      { isDatabaseUp: async () => false },
      503,
      { status: 'not ready', database: 'down', queue: 'up' },
    ],
    [
      'the process stops',
      { isStopping: () => true },
      503,
      { status: 'stopping', database: 'up', queue: 'up' },
    ],
  ])('tells how things stand when %s', async (_, parts, status, body) => {
    await using app = await startTestApp(noDatabase, parts);
    expect(await call(`${app.url}/health/ready`)).toMatchObject({ status, body });
  });

  it('asks the real database, and notices when it goes and comes back', async () => {
    await using api = await startTestApi();
    const ready = () => call(`${api.url}/health/ready`);
    expect(await ready()).toMatchObject({ status: 200, body: { database: 'up', queue: 'up' } });
    await allowConnections(api, false);
    await until(
      ready,
      ({ status, body }) => status === 503 && body['database'] === 'down' && body['queue'] === 'down',
    );
    expect((await call(`${api.url}/health/live`)).status).toBe(200);
    await allowConnections(api, true);
    await until(ready, ({ status, body }) => status === 200 && body['queue'] === 'up');
  });

  it('counts a queue that was never reached as down', async () => {
    await using api = await startTestApi({ QUEUE_URL: 'redis://127.0.0.1:1' });
    expect(await call(`${api.url}/health/ready`)).toMatchObject({
      status: 200,
      body: { status: 'ready', queue: 'down' },
    });
  });
});
