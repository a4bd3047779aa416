import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { JsonObject } from '@formaops/core';
import { createExecution, hasRedis, testRedis } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { boardPassword, startTestApi, type TestApi } from '../api.fixture.ts';
import { type Answer, type CallOptions, call } from '../http/call.fixture.ts';
import { until } from '../until.fixture.ts';
import { finish, start } from '../worker.fixture.ts';

const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const operator = basic('admin', boardPassword);

/** Every path of Bull Board that is not a page or a file, as the installed release lists them itself. */
function boardRoutes(): Array<{ method: string; path: string }> {
  const require = createRequire(import.meta.url);
  const { appRoutes } = require(join(dirname(require.resolve('@bull-board/api')), 'routes.js'));
  return appRoutes.api.map(({ method, route }: { method: string; route: string }) => ({
    method: method.toUpperCase(),
    path: `/queues${route}`
      .replace(':queueName', 'executions')
      .replace(':queueStatus', 'completed')
      .replace(/:\w+/, 'some-id'),
  }));
}

const changing = boardRoutes().filter(({ method }) => method !== 'GET');

/** Asks as the operator, from one of our own pages. */
function ask({ adminUrl }: TestApi, path: string, options: CallOptions = {}): Promise<Answer> {
  const { origin } = new URL(String(adminUrl));
  return call(adminUrl + path, {
    ...options,
    headers: { authorization: operator, origin, ...options.headers },
  });
}

/** An API whose board is open. */
async function startWithBoard(changes: Parameters<typeof startTestApi>[0] = {}): Promise<TestApi> {
  const api = await startTestApi(changes);
  await until(
    () => ask(api, '/queues/api/queues'),
    ({ status }) => status === 200,
  );
  return api;
}

/** The jobs that the board shows, and whether it shows their queue as paused. */
async function shownBy(api: TestApi): Promise<{ jobs: Array<Record<string, unknown>>; isPaused: unknown }> {
  const { body } = await ask(api, '/queues/api/queues?activeQueue=executions&page=1&jobsPerPage=50');
  const [queue] = body['queues'] as Array<{ jobs: Array<Record<string, unknown>>; isPaused: unknown }>;
  return { jobs: queue?.jobs ?? [], isPaused: queue?.isPaused };
}

/** Submits, and waits until the board shows the bell. */
async function submitTo(api: TestApi, changes: JsonObject = {}) {
  const { body } = await (await api.user()).submit(changes);
  const jobId = `${body['id']}_0`;
  const shown = await until(
    () => shownBy(api),
    ({ jobs }) => jobs.some(({ id }) => id === jobId),
  );
  return { jobId, shown };
}

let api: TestApi;
let writable: TestApi;
beforeAll(async () => {
  api = await startWithBoard();
  writable = await startWithBoard({ BOARD_READ_ONLY: false });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await writable[Symbol.asyncDispose]();
});

describe('every path below /admin', () => {
  const paths = [
    ...boardRoutes(),
    ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'].flatMap((method) =>
      [
        '',
        '/',
        '/queues',
        '/queues/',
        '/queues/queue/executions',
        '/executions/some-id',
        '/nowhere',
        '/%ff',
        '//queues',
      ].map((path) => ({ method, path })),
    ),
    { method: 'GET', path: '/queues/static/favicon.ico' },
    { method: 'GET', path: '/queues/static/js/main.js' },
    { method: 'GET', path: '/QUEUES/api/queues' },
    { method: 'GET', path: '/queues/static/..%2f..%2fpackage.json' },
  ];

  it("is closed to who does not show the operator's password", async () => {
    const { apiKey } = await api.user();
    const wrong = [
      undefined,
      `Bearer ${apiKey}`,
      basic('admin', apiKey),
      basic(apiKey, ''),
      basic('admin', ''),
      basic('admin', `${boardPassword} `),
      basic('', boardPassword),
      basic('Admin', boardPassword),
      'Basic',
      'Basic %%%',
      boardPassword,
    ];
    for (const authorization of wrong) {
      const options = authorization === undefined ? {} : { headers: { authorization } };
      const answer = await call(`${api.adminUrl}/queues/api/queues`, options);
      expect({ authorization, status: answer.status }).toEqual({ authorization, status: 401 });
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="FormaOps", charset="UTF-8"');
    }
    for (const { method, path } of paths) {
      const headers = { authorization: `Bearer ${apiKey}`, origin: api.url };
      const { status } = await call(api.adminUrl + path, { method, headers });
      expect({ method, path, status }).toEqual({ method, path, status: 401 });
    }
  });

  it('says nothing about the software, and runs nothing from elsewhere', async () => {
    for (const path of [
      '/queues',
      '/queues/api/queues',
      '/queues/static/favicon.ico',
      '/nowhere',
      '/executions/x',
    ]) {
      const { headers } = await ask(api, path);
      expect({ path, poweredBy: headers.get('x-powered-by') }).toEqual({ path, poweredBy: null });
      expect(headers.get('content-security-policy')).toMatch(/default-src '(self|none)'/);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('answers what is not there with a problem document', async () => {
    for (const path of [
      '/nowhere',
      '/executions/no-such-execution',
      '/executions/%00',
      '/executions/a%2Fb',
      '/queues/nowhere',
    ]) {
      expect(await ask(api, path)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    }
  });

  it('leads to the board', async () => {
    const answer = await ask(api, '');
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/admin/queues']);
    expect(await ask(api, '/queues')).toMatchObject({
      status: 200,
      text: expect.stringContaining('FormaOps'),
    });
  });
});

describe('what changes something', () => {
  it.each([
    ['without a word about where it comes from', {}],
    ['from another site', { origin: 'https://evil.example' }],
    ['from a page without an origin', { origin: 'null' }],
    ['from our host on another port', { origin: 'http://127.0.0.1:1' }],
    ['from another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['from a neighbouring site, as the browser says', { 'sec-fetch-site': 'same-site' }],
    ['from an address that was typed in', { 'sec-fetch-site': 'none' }],
  ])('is refused as CSRF %s', async (_, headers: Record<string, string>) => {
    for (const { method, path } of changing) {
      const answer = await call(writable.adminUrl + path, {
        method,
        headers: { authorization: operator, ...headers },
      });
      expect({ path, status: answer.status, code: answer.body['code'] }).toEqual({
        path,
        status: 403,
        code: 'CSRF',
      });
    }
  });

  it('is refused as CSRF when the browser calls it cross-site, whatever origin it names', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await ask(writable, '/queues/api/queues/pause', { method: 'PUT', headers })).body).toMatchObject({
      code: 'CSRF',
    });
  });

  it('changes nothing while the board is read-only', async () => {
    const { jobId, shown: before } = await submitTo(api);
    const plausible = {
      concurrency: 1,
      max: 1,
      duration: 1_000,
      priority: 1,
      delay: 1_000,
      data: {},
      jobData: {},
    };
    for (const { method, path } of changing) {
      const address = path.replace('some-id', jobId);
      const { status } = await ask(api, address, { method, body: plausible });
      // "All queues" means those that are not read-only: none.
      const isForAll = /\/queues\/(pause|resume)$/.test(path);
      expect({ path, isRefused: status >= 400 && status < 500 }).toEqual({ path, isRefused: !isForAll });
    }
    expect(await shownBy(api)).toEqual(before);
  });

  it('works on request when the board is not read-only', async () => {
    const { jobId } = await submitTo(writable);
    const path = `/queues/api/queues/executions/${jobId}/clean`;
    expect((await ask(writable, path, { method: 'PUT' })).status).toBe(204);
    expect((await shownBy(writable)).jobs).toEqual([]);
    const again = await ask(writable, '/queues/api/queues/executions/pause', {
      method: 'PUT',
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    expect(again.status).toBe(200);
    expect((await shownBy(writable)).isPaused).toBe(true);
  });
});

describe.each(hasRedis ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])(
  'with the queue on %s, the board',
  (server) => {
    it('shows each job with nothing but the id, and a link to its execution', async () => {
      const changes = server === 'Redis' ? { QUEUE_URL: (await testRedis()).redisUrl } : {};
      await using api = await startWithBoard(changes);
      const { jobId, shown } = await submitTo(api, {
        inputs: { text: 'canary-5f3a' },
        context: 'canary-5f3a',
      });
      const href = `/admin/executions/${jobId.replace(/_0$/, '')}`;
      expect(shown.jobs.find(({ id }) => id === jobId)).toMatchObject({
        data: { v: 1 },
        externalUrl: { href, displayText: 'Execution' },
      });
      expect(JSON.stringify(shown.jobs)).not.toContain('canary-5f3a');
    });
  },
);

describe('the board', () => {
  it('is unavailable while its queue was never reached, and the rest goes on', async () => {
    await using api = await startTestApi({ QUEUE_URL: 'redis://127.0.0.1:1' });
    expect(await ask(api, '/queues')).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE' } });
    const user = await api.user();
    const id = await createExecution(api.db, user);
    expect((await ask(api, `/executions/${id}`)).status).toBe(200);
  });
});

describe('/admin/executions/:id', () => {
  it('shows how an execution of any user went and what it cost, never what was asked or answered', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user, {
      inputs: { text: 'canary-5f3a' },
      context: { note: 'canary-5f3a' },
    });
    await finish(api.db, id, {
      output: 'canary-5f3a',
      validatedOutput: { answer: 'canary-5f3a' },
      validationStatus: 'PASSED',
      verdicts: [
        {
          validationId: 'v1',
          validationName: 'Answer schema',
          type: 'SCHEMA',
          outcome: 'FAILED',
          code: 'OUTPUT_SCHEMA_MISMATCH',
          errors: [{ detail: 'canary-5f3a' }],
          configHash: 'c0ffee',
          durationMs: 1.5,
        },
      ],
    });
    const { status, headers, text } = await ask(api, `/executions/${id}`);
    expect({ status, type: headers.get('content-type') }).toEqual({
      status: 200,
      type: 'text/html; charset=utf-8',
    });
    for (const shown of [
      id,
      'COMPLETED',
      'PASSED',
      user.promptId,
      'gpt-4o-mini',
      'test-worker',
      '10 in, 5 out, 15 in all',
      '0.000005 USD',
      '321 ms',
      'Answer schema',
      'OUTPUT_SCHEMA_MISMATCH',
      'Execution accepted',
      'Attempt started',
      'Model answered',
      'Execution completed',
    ]) {
      expect(text).toContain(shown);
    }
    expect(text).not.toContain('canary-5f3a');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('shows one that waits and one that runs', async () => {
    const id = await createExecution(api.db, await api.user());
    expect((await ask(api, `/executions/${id}`)).text).toContain('PENDING');
    await start(api.db, id);
    expect((await ask(api, `/executions/${id}`)).text).toContain('RUNNING');
  });
});
