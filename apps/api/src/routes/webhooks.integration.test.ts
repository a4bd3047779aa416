import { createSealingKey, openSecret } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { problemsOf } from '../http/call.fixture.ts';

const key = createSealingKey('the key of the tests, made by nobody');
const url = 'https://example.com/hook';

async function setup(changes: Parameters<typeof startTestApi>[0] = {}) {
  const api = await startTestApi({ WEBHOOK_SECRET_KEY: [key], ...changes });
  const client = await api.user();
  const register = async (body: object = { url }) => {
    const { body: webhook } = await client.post('/v1/webhooks', body);
    return webhook as Record<string, string>;
  };
  return { api, client, register, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

/** Ends a delivery as a worker that could not deliver. */
async function fail({ db }: TestApi, id: unknown): Promise<void> {
  await db.query(
    `UPDATE webhook_deliveries SET status = 'FAILED', error_code = 'WEBHOOK_TIMEOUT', ended_at = now(), attempt = 1
     WHERE id = $1`,
    [id],
  );
  await db.query(
    `INSERT INTO webhook_attempts (delivery_id, attempt, error_code, duration_ms) VALUES ($1, 1, 'WEBHOOK_TIMEOUT', 9)`,
    [id],
  );
}

describe('/v1/webhooks', () => {
  it('registers an endpoint for everything, and shows its secret once', async () => {
    await using bench = await setup();
    const { client, api } = bench;
    const answer = await client.post('/v1/webhooks', { url });
    expect(answer.status).toBe(201);
    const { id, secret, ...webhook } = answer.body;
    expect(answer.headers.get('location')).toBe(`/v1/webhooks/${id}`);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
    expect(webhook).toMatchObject({
      url,
      eventTypes: ['*'],
      description: null,
      isActive: true,
      disabledAt: null,
      previousSecretUntil: null,
    });
    expect((await client.get('/v1/webhooks')).body).toEqual({ data: [{ id, ...webhook }], nextCursor: null });
    expect((await client.get(`/v1/webhooks/${id}`)).body).toEqual({ id, ...webhook });
    const { rows } = await api.db.query('SELECT secret FROM webhooks');
    expect(openSecret(rows[0].secret, String(id), [key])).toBe(secret);
    expect(JSON.stringify([rows, api.log.lines])).not.toContain(String(secret).slice(6));
  });

  it.each([
    ['http://example.com/'],
    ['file:///etc/passwd'],
    ['https://127.0.0.1/'],
    ['https://0177.0.0.1/'],
    ['https://2130706433/'],
    ['https://[::ffff:127.0.0.1]/'],
    ['https://169.254.169.254/'],
    ['https://localhost./'],
    ['https://user:pass@example.com/'],
    ['https://example.com:6379/'],
    ['nonsense'],
  ])('refuses %s, new or changed', async (forbidden) => {
    await using bench = await setup();
    const { client } = bench;
    expect(problemsOf(await client.post('/v1/webhooks', { url: forbidden }))).toEqual([
      'WEBHOOK_URL_FORBIDDEN /url',
    ]);
    const { id } = await bench.register();
    const changed = await client.patch(`/v1/webhooks/${id}`, { url: forbidden });
    expect(problemsOf(changed)).toEqual(['WEBHOOK_URL_FORBIDDEN /url']);
  });

  it('lets an endpoint be at a private address where the operator allows it', async () => {
    await using bench = await setup({ WEBHOOK_ALLOW_PRIVATE: true });
    expect(await bench.register({ url: 'https://127.0.0.1:8443/a' })).toMatchObject({ isActive: true });
  });

  it('names everything that is wrong at once', async () => {
    await using bench = await setup();
    const body = {
      eventTypes: ['execution.started'],
      description: 'a\u0007',
      isActive: 'yes',
      secret: 'mine',
    };
    const problems = problemsOf(await bench.client.post('/v1/webhooks', body));
    expect(problems.toSorted()).toEqual([
      'INVALID_ENUM /eventTypes/0',
      'INVALID_TYPE /isActive',
      'INVALID_VALUE /description',
      'REQUIRED /url',
      'UNKNOWN_FIELD /secret',
    ]);
    expect(problemsOf(await bench.client.post('/v1/webhooks', { url, eventTypes: [] }))).toEqual([
      'OUT_OF_RANGE /eventTypes',
    ]);
  });

  it('takes ten of a user', async () => {
    await using bench = await setup();
    for (let count = 0; count < 10; count += 1) await bench.register();
    const answer = await bench.client.post('/v1/webhooks', { url });
    expect([answer.status, answer.body['code']]).toEqual([422, 'TOO_MANY_WEBHOOKS']);
  });

  it('makes no secrets without a key to keep them by', async () => {
    await using bench = await setup();
    const { id } = await bench.register();
    await using bare = await setup({ WEBHOOK_SECRET_KEY: [], DATABASE_URL: bench.api.databaseUrl });
    const authorization = `Bearer ${bench.client.apiKey}`;
    const ask = async (path: string) => {
      const response = await fetch(bare.api.url + path, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ url }),
      });
      const { code } = (await response.json()) as { code: string };
      return [response.status, code];
    };
    expect(await ask('/v1/webhooks')).toEqual([503, 'WEBHOOKS_UNAVAILABLE']);
    expect(await ask(`/v1/webhooks/${id}/rotate-secret`)).toEqual([503, 'WEBHOOKS_UNAVAILABLE']);
  });

  it('changes what is named', async () => {
    await using bench = await setup();
    const { client } = bench;
    const { id } = await bench.register({ url, description: 'first' });
    const changes = { eventTypes: ['execution.failed', 'execution.failed'], isActive: false };
    const answer = await client.patch(`/v1/webhooks/${id}`, changes);
    expect(answer).toMatchObject({
      status: 200,
      body: { url, description: 'first', eventTypes: ['execution.failed'], isActive: false },
    });
    expect((await client.patch(`/v1/webhooks/${id}`, { description: null })).body).toMatchObject({
      description: null,
      isActive: false,
    });
    expect((await client.patch(`/v1/webhooks/${id}`, {})).status).toBe(422);
  });

  it('replaces a secret, and keeps the old one for a day', async () => {
    await using bench = await setup();
    const { id, secret } = await bench.register();
    const { status, body } = await bench.client.post(`/v1/webhooks/${id}/rotate-secret`);
    expect([status, body['secret'] === secret]).toEqual([200, false]);
    const hours = (Date.parse(String(body['previousSecretUntil'])) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23);
    expect(hours).toBeLessThan(25);
    const { rows } = await bench.api.db.query('SELECT secret, previous_secret FROM webhooks');
    const opened = [rows[0].secret, rows[0].previous_secret].map((sealed) =>
      openSecret(sealed, id ?? '', [key]),
    );
    expect(opened).toEqual([body['secret'], secret]);
  });

  it('deletes', async () => {
    await using bench = await setup();
    const { id } = await bench.register();
    expect((await bench.client.delete(`/v1/webhooks/${id}`)).status).toBe(204);
    expect((await bench.client.delete(`/v1/webhooks/${id}`)).status).toBe(404);
    expect((await bench.client.get('/v1/webhooks')).body).toMatchObject({ data: [] });
  });

  it('shows nobody what is another’s', async () => {
    await using bench = await setup();
    const { id } = await bench.register();
    const { body } = await bench.client.post(`/v1/webhooks/${id}/test`);
    const stranger = await bench.api.user();
    const one = `/v1/webhooks/${id}`;
    const delivery = `${one}/deliveries/${body['id']}`;
    const answers = await Promise.all([
      stranger.get(one),
      stranger.patch(one, { isActive: false }),
      stranger.delete(one),
      stranger.post(`${one}/rotate-secret`),
      stranger.post(`${one}/test`),
      stranger.get(`${one}/deliveries`),
      stranger.get(delivery),
      stranger.post(`${delivery}/redeliver`),
    ]);
    expect(answers.map(({ status, body: problem }) => [status, problem['code']])).toEqual(
      answers.map(() => [404, 'NOT_FOUND']),
    );
    expect((await stranger.get('/v1/webhooks')).body).toMatchObject({ data: [] });
  });
});

describe('/v1/webhooks/{id}/deliveries', () => {
  it('lists a test that is due, and how it went', async () => {
    await using bench = await setup();
    const { client, api } = bench;
    const { id } = await bench.register();
    const test = await client.post(`/v1/webhooks/${id}/test`);
    expect(test).toMatchObject({
      status: 202,
      body: { webhookId: id, eventType: 'webhook.test', executionId: null, status: 'PENDING', attempts: [] },
    });
    await fail(api, test.body['id']);
    const path = `/v1/webhooks/${id}/deliveries`;
    const { body } = await client.get(`${path}?status=FAILED`);
    expect(body).toMatchObject({
      data: [
        {
          id: test.body['id'],
          status: 'FAILED',
          errorCode: 'WEBHOOK_TIMEOUT',
          nextAttemptAt: null,
          attempts: [{ attempt: 1, statusCode: null, errorCode: 'WEBHOOK_TIMEOUT', durationMs: 9 }],
        },
      ],
      nextCursor: null,
    });
    expect((await client.get(`${path}/${test.body['id']}`)).body).toEqual((body['data'] as unknown[])[0]);
    expect((await client.get(`${path}?status=PENDING`)).body).toMatchObject({ data: [] });
    expect(problemsOf(await client.get(`${path}?status=SENT`))).toEqual(['INVALID_ENUM /status']);
    expect((await client.get(`${path}/nothing`)).status).toBe(404);
  });

  it('comes in pages, newest first', async () => {
    await using bench = await setup();
    const { client } = bench;
    const { id } = await bench.register();
    const ids: unknown[] = [];
    for (let count = 0; count < 5; count += 1)
      ids.unshift((await client.post(`/v1/webhooks/${id}/test`)).body['id']);
    const seen: unknown[] = [];
    let cursor: unknown = '';
    while (cursor !== null) {
      const path = `/v1/webhooks/${id}/deliveries?limit=2${cursor && `&cursor=${cursor}`}`;
      const { body } = await client.get(path);
      seen.push(...(body['data'] as Array<{ id: string }>).map((one) => one.id));
      cursor = body['nextCursor'] ?? null;
    }
    expect(seen).toEqual(ids);
  });

  it('delivers again under the same id, unless the endpoint is switched off', async () => {
    await using bench = await setup();
    const { client, api } = bench;
    const { id } = await bench.register();
    const { body } = await client.post(`/v1/webhooks/${id}/test`);
    await fail(api, body['id']);
    const path = `/v1/webhooks/${id}/deliveries/${body['id']}/redeliver`;
    expect(await client.post(path)).toMatchObject({
      status: 202,
      body: { id: body['id'], status: 'PENDING', errorCode: null, attempts: [{ attempt: 1 }] },
    });
    await client.patch(`/v1/webhooks/${id}`, { isActive: false });
    for (const refused of [path, `/v1/webhooks/${id}/test`]) {
      const answer = await client.post(refused);
      expect([answer.status, answer.body['code']]).toEqual([409, 'WEBHOOK_INACTIVE']);
    }
  });
});
