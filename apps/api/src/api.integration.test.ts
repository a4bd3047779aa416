import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { startTestApi } from './api.fixture.ts';
import { call } from './http/call.fixture.ts';
import { until } from './until.fixture.ts';

const hour = 3_600_000;

describe("the operator's pages", () => {
  it("are served on the API's port", async () => {
    await using api = await startTestApi();
    expect(api.adminUrl).toBe(`${api.url}/admin`);
    expect((await call(`${api.adminUrl}/queues`)).status).toBe(401);
  });

  it('are served on a port of their own when they have one, and nothing else there', async () => {
    await using api = await startTestApi({ ADMIN_PORT: 0 });
    expect((await call(`${api.adminUrl}/queues`)).status).toBe(401);
    expect(await call(`${api.url}/admin/queues`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    const adminOrigin = new URL(`${api.adminUrl}`).origin;
    for (const path of ['/v1/executions', '/health/live', '/docs/errors', '/']) {
      expect(await call(adminOrigin + path)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    }
  });

  it.each([{}, { ADMIN_PORT: 0 }])('do not exist without a password, with %j', async (changes) => {
    await using api = await startTestApi({ ...changes, BOARD_PASSWORD: undefined });
    expect(api.adminUrl).toBeNull();
    expect(await call(`${api.url}/admin/queues`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('stopping', () => {
  it('is not held up by a connection that a client keeps', async () => {
    await using api = await startTestApi({ SHUTDOWN_GRACE_MS: hour });
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.write('GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    await api.stop();
    await closed;
  });

  it('answers what is under way, and takes nothing more', async () => {
    await using api = await startTestApi({ SHUTDOWN_GRACE_MS: hour });
    const user = await api.user();
    const submission = user.submit({}, '?wait=60');
    await until(
      () => api.db.query('SELECT FROM executions'),
      ({ rowCount }) => rowCount === 1,
    );
    await api.stop();
    expect(await submission).toMatchObject({ status: 202, body: { status: 'PENDING' } });
    await expect(user.get('/v1/executions')).rejects.toThrow();
  });

  it('cuts off what takes longer than the grace period', async () => {
    await using api = await startTestApi({ SHUTDOWN_GRACE_MS: 0 });
    const { hostname, port } = new URL(api.url);
    const user = await api.user();
    const socket = connect(Number(port), hostname);
    const head = ['POST /v1/executions HTTP/1.1', 'Host: test', `Authorization: Bearer ${user.apiKey}`];
    const body = ['Content-Type: application/json', 'Content-Length: 100', 'Expect: 100-continue', '', '{'];
    socket.write([...head, ...body].join('\r\n'));
    // The answer to Expect: the request has begun.
    await once(socket, 'data');
    const closed = once(socket, 'close');
    await api.stop();
    await closed;
  });

  it('leaves no connection to the database', async () => {
    await using api = await startTestApi();
    await (await api.user()).submit();
    await api.stop();
    // The server takes a moment to notice that somebody has left.
    await until(
      () =>
        api.db.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name <> 'test'`,
        ),
      ({ rowCount }) => rowCount === 0,
    );
  });
});
