import { apiKeyPattern, type Scope } from '@formaops/core';
import { insertApiKey, maxApiKeys, newId } from '@formaops/db';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { call, problemsOf } from '../http/call.fixture.ts';

let api: TestApi;
let user: TestClient;
beforeAll(async () => {
  api = await startTestApi();
  user = await api.user();
});
afterAll(async () => api[Symbol.asyncDispose]());

/** Asks with a key. */
function as(apiKey: string, url = api.url) {
  const headers = { authorization: `Bearer ${apiKey}` };
  return (method: string, path: string, body?: unknown) =>
    call(url + path, { method, headers, ...(body !== undefined && { body }) });
}

const create = (body: unknown, apiKey = user.apiKey) => as(apiKey)('POST', '/v1/api-keys', body);

/** A key of the user's with these scopes. */
async function keyWith(...scopes: Scope[]): Promise<string> {
  const owner = await api.user();
  const issued = await insertApiKey(api.db, owner.userId, { name: 'some', scopes });
  if (issued.kind !== 'issued') throw new Error(issued.kind);
  return issued.secret;
}

describe('POST /v1/api-keys', () => {
  it('issues a key that works, and shows it once', async () => {
    const { status, headers, body } = await create({ name: '  Build server ', scopes: ['write', 'read'] });
    const key = String(body['key']);
    expect(status).toBe(201);
    expect(key).toMatch(apiKeyPattern);
    expect(body).toEqual({
      id: expect.any(String),
      key,
      name: 'Build server',
      prefix: 'fo_live_',
      lastFour: key.slice(-4),
      scopes: ['read', 'write'],
      createdAt: expect.any(String),
      lastUsed: null,
      isActive: true,
      revokedAt: null,
    });
    expect([headers.get('location'), headers.get('cache-control')]).toEqual([
      `/v1/api-keys/${body['id']}`,
      'no-store',
    ]);
    const { key: _, ...shown } = body;
    expect((await as(key)('GET', `/v1/api-keys/${body['id']}`)).body).toEqual(shown);
    const { text } = await user.get('/v1/api-keys');
    expect(text).not.toContain(key);
    expect(text).not.toContain(key.slice(8, 30));
  });

  it.each([
    ['nothing', {}, ['REQUIRED /name', 'REQUIRED /scopes']],
    ['no scope', { name: 'x', scopes: [] }, ['OUT_OF_RANGE /scopes']],
    ['an unknown scope', { name: 'x', scopes: ['admin'] }, ['INVALID_ENUM /scopes/0']],
    ['a scope twice', { name: 'x', scopes: ['read', 'read'] }, ['INVALID_VALUE /scopes']],
    ['a name of blanks', { name: ' \t', scopes: ['read'] }, ['OUT_OF_RANGE /name']],
    ['a long name', { name: 'x'.repeat(201), scopes: ['read'] }, ['OUT_OF_RANGE /name']],
    ['a name with an invisible character', { name: 'a\u200bb', scopes: ['read'] }, ['INVALID_VALUE /name']],
    ['a key of its own choice', { name: 'x', scopes: ['read'], key: 'mine' }, ['UNKNOWN_FIELD /key']],
  ])('refuses %s', async (_, body, problems) => {
    expect(problemsOf(await create(body))).toEqual(problems);
  });

  it('gives no scope that the key which asks has not', async () => {
    const writer = await keyWith('write');
    for (const scopes of [['read'], ['read', 'write']])
      expect(await create({ name: 'x', scopes }, writer)).toMatchObject({
        status: 403,
        body: { code: 'SCOPE_MISSING', detail: expect.stringContaining('scope read') },
      });
    expect((await create({ name: 'x', scopes: ['write'] }, writer)).status).toBe(201);
    expect(await create({ name: 'x', scopes: ['read'] }, await keyWith('read'))).toMatchObject({
      status: 403,
      body: { code: 'SCOPE_MISSING' },
    });
  });

  it('keeps to the number of active keys', async () => {
    const owner = await api.user();
    const answers = await Promise.all(
      Array.from({ length: maxApiKeys }, (_, n) => create({ name: `k${n}`, scopes: ['read'] }, owner.apiKey)),
    );
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused).toMatchObject([{ status: 422, body: { code: 'TOO_MANY_API_KEYS' } }]);
  });
});

describe('GET /v1/api-keys', () => {
  it('lists the caller’s keys alone, newest first, in pages', async () => {
    const owner = await api.user();
    for (const name of ['b', 'c']) await create({ name, scopes: ['read'] }, owner.apiKey);
    const namesOf = (data: unknown) => (data as Array<{ name: string }>).map(({ name }) => name);
    const { body: all } = await owner.get('/v1/api-keys');
    expect([namesOf(all['data']), all['nextCursor']]).toEqual([['c', 'b', 'test'], null]);
    const { body: first } = await owner.get('/v1/api-keys?limit=2');
    const { body: rest } = await owner.get(`/v1/api-keys?limit=2&cursor=${first['nextCursor']}`);
    expect([...namesOf(first['data']), ...namesOf(rest['data'])]).toEqual(['c', 'b', 'test']);
    expect(problemsOf(await owner.get('/v1/api-keys?limit=0&active=1'))).toEqual([
      'OUT_OF_RANGE /limit',
      'UNKNOWN_FIELD /active',
    ]);
  });
});

describe('PATCH /v1/api-keys/{id}', () => {
  it('renames a key and changes nothing else', async () => {
    const { body } = await create({ name: 'old', scopes: ['read'] });
    const address = `/v1/api-keys/${body['id']}`;
    const { key: _, ...before } = body;
    const answer = await as(user.apiKey)('PATCH', address, { name: 'new' });
    expect([answer.status, answer.body]).toEqual([200, { ...before, name: 'new' }]);
    expect(problemsOf(await as(user.apiKey)('PATCH', address, { name: 'x', scopes: ['write'] }))).toEqual([
      'UNKNOWN_FIELD /scopes',
    ]);
    expect(problemsOf(await as(user.apiKey)('PATCH', address, {}))).toEqual(['REQUIRED /name']);
  });
});

describe('POST /v1/api-keys/{id}/revoke', () => {
  it('ends a key here at once, for good, and keeps it in the list', async () => {
    const { body } = await create({ name: 'short-lived', scopes: ['read'] });
    const key = String(body['key']);
    const revoke = () => user.post(`/v1/api-keys/${body['id']}/revoke`);
    expect((await as(key)('GET', '/v1/prompts')).status).toBe(200);
    const revoked = await revoke();
    expect(revoked).toMatchObject({ status: 200, body: { isActive: false, revokedAt: expect.any(String) } });
    expect(await as(key)('GET', '/v1/prompts')).toMatchObject({
      status: 401,
      body: { code: 'INVALID_API_KEY' },
    });
    expect((await revoke()).body).toEqual(revoked.body);
    expect((await user.get(`/v1/api-keys/${body['id']}`)).body).toEqual(revoked.body);
  });

  it('ends it in every other process within five seconds', async () => {
    await using other = await startTestApi({ DATABASE_URL: api.databaseUrl });
    const { body } = await create({ name: 'short-lived', scopes: ['read'] });
    const ask = as(String(body['key']), other.url);
    expect((await ask('GET', '/v1/prompts')).status).toBe(200);
    await user.post(`/v1/api-keys/${body['id']}/revoke`);
    const revokedAt = performance.now();
    while ((await ask('GET', '/v1/prompts')).status === 200)
      expect(performance.now() - revokedAt).toBeLessThan(5_000);
  });

  it('lets a key be replaced: there are two for a while, and the new one revokes the old one', async () => {
    const owner = await api.user();
    const { body } = await create({ name: 'next', scopes: ['read', 'write'] }, owner.apiKey);
    const next = as(String(body['key']));
    const [, old] = (await next('GET', '/v1/api-keys')).body['data'] as Array<{ id: string }>;
    expect((await owner.get('/v1/prompts')).status).toBe(200);
    expect((await next('POST', `/v1/api-keys/${old?.id}/revoke`)).status).toBe(200);
    expect((await owner.get('/v1/prompts')).status).toBe(401);
    expect((await next('GET', '/v1/prompts')).status).toBe(200);
  });

  it('may be asked by the key itself', async () => {
    const owner = await api.user();
    const { body } = await owner.get('/v1/me');
    const { id } = body['key'] as { id: string };
    expect((await owner.post(`/v1/api-keys/${id}/revoke`)).status).toBe(200);
    expect((await owner.get('/v1/me')).status).toBe(401);
  });
});

describe('a key of somebody else', () => {
  it('is not there, as one that never was', async () => {
    const { body } = await create({ name: 'mine', scopes: ['read'] });
    const stranger = as((await api.user()).apiKey);
    for (const id of [body['id'], newId(), 'x'.repeat(65), '%00']) {
      for (const [method, path, change] of [
        ['GET', ''],
        ['PATCH', '', { name: 'stolen' }],
        ['POST', '/revoke'],
      ] as const) {
        const answer = await stranger(method, `/v1/api-keys/${id}${path}`, change);
        expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
      }
    }
    expect((await user.get(`/v1/api-keys/${body['id']}`)).body).toMatchObject({
      name: 'mine',
      isActive: true,
    });
  });
});

describe('the scopes of a key', () => {
  it('read looks, and changes nothing', async () => {
    const ask = as(await keyWith('read'));
    for (const path of ['/v1/prompts', '/v1/executions', '/v1/api-keys', '/v1/me'])
      expect((await ask('GET', path)).status).toBe(200);
    expect((await ask('HEAD', '/v1/prompts')).status).toBe(200);
    const refused = {
      status: 403,
      body: { code: 'SCOPE_MISSING', detail: expect.stringContaining('scope write') },
    };
    expect(await ask('POST', '/v1/executions', '{ not even JSON')).toMatchObject(refused);
    expect(await ask('POST', '/v1/executions/x/cancel')).toMatchObject(refused);
    expect(await ask('DELETE', '/v1/prompts/x/validations/y')).toMatchObject(refused);
    expect(await ask('POST', '/v1/api-keys/x/revoke')).toMatchObject(refused);
  });

  it('write changes, and looks at nothing', async () => {
    const ask = as(await keyWith('write'));
    expect((await ask('POST', '/v1/executions', { promptId: 'x', inputs: {} })).body['code']).toBe(
      'NOT_FOUND',
    );
    for (const path of ['/v1/prompts', '/v1/executions/x', '/v1/me'])
      expect(await ask('GET', path)).toMatchObject({
        status: 403,
        body: { code: 'SCOPE_MISSING', detail: expect.stringContaining('scope read') },
      });
  });

  it('are looked at where there is something to do', async () => {
    const ask = as(await keyWith('read'));
    expect((await ask('PUT', '/v1/prompts')).status).toBe(405);
    expect((await ask('POST', '/v1/nowhere')).status).toBe(404);
  });
});
