import { createApiKey } from '@formaops/core';
import type { Queryable } from '@formaops/db';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { startTestApp } from '../app.fixture.ts';
import { call } from './call.fixture.ts';
import { requestText, speak } from './speak.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

/** A key of the right form that was never issued. */
const unknownKey = () => createApiKey((below) => Math.floor(Math.random() * below));

function withOtherEnd(key: string): string {
  return key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
}

function show(authorization: string, url = api.url) {
  return call(`${url}/v1/executions`, { headers: { authorization } });
}

async function lastUsed({ db }: TestApi, userId: string): Promise<Date | null> {
  const { rows } = await db.query('SELECT last_used FROM api_keys WHERE user_id = $1', [userId]);
  return rows[0].last_used;
}

describe('authenticate', () => {
  it('lets in who shows an active key, however the scheme is written', async () => {
    const { apiKey } = await api.user();
    const answers = await Promise.all(
      ['Bearer', 'bearer', 'BEARER'].map((scheme) => show(`${scheme} ${apiKey}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['another scheme', 'Basic YWRtaW46YWRtaW4='],
    ['a scheme without a key', 'Bearer'],
    ['a key without a scheme', unknownKey()],
    ['two words after the scheme', `Bearer ${unknownKey()} ${unknownKey()}`],
  ])('asks for a key where there is %s', async (_, authorization) => {
    const answer = await call(
      `${api.url}/v1/executions`,
      authorization === undefined ? {} : { headers: { authorization } },
    );
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="formaops"');
  });

  it('asks for a key when there are two Authorization headers, whichever comes first', async () => {
    const { apiKey } = await api.user();
    const [good, bad] = [`Authorization: Bearer ${apiKey}`, `Authorization: Bearer ${unknownKey()}`];
    for (const headers of [
      [good, bad],
      [bad, good],
      [good, good],
    ]) {
      const answer = await speak(api.url, requestText('GET /v1/executions', headers));
      expect(answer).toMatch(/^HTTP\/1\.1 401 .*"code":"UNAUTHENTICATED"/s);
    }
  });

  it('does not look for a key in the address', async () => {
    const { apiKey } = await api.user();
    for (const name of ['key', 'api_key', 'apiKey', 'access_token', 'authorization']) {
      const answer = await call(`${api.url}/v1/executions?${name}=${apiKey}`);
      expect(answer.body).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  it('answers every wrong key with the same words', async () => {
    const { apiKey, userId } = await api.user();
    await api.db.query('UPDATE api_keys SET is_active = false WHERE user_id = $1', [userId]);
    const { apiKey: active } = await api.user();
    const wrongKeys = {
      inactive: apiKey,
      unknown: unknownKey(),
      'with a wrong checksum': withOtherEnd(active),
      'with another prefix': active.replace('fo_live_', 'fo_test_'),
      'in capitals': active.toUpperCase(),
      'cut short': active.slice(0, -1),
      'with something added': `${active}x`,
      'with a comma': `${active},`,
      'made of SQL': "'/**/OR/**/1=1--",
      'of 10 kB': 'x'.repeat(10_000),
    };
    for (const [name, key] of Object.entries(wrongKeys)) {
      const { status, headers, body } = await show(`Bearer ${key}`);
      expect({ name, status, body, challenge: headers.get('www-authenticate') }).toEqual({
        name,
        status: 401,
        body: {
          type: '/docs/errors#INVALID_API_KEY',
          title: 'The API key is not valid',
          status: 401,
          code: 'INVALID_API_KEY',
          detail: 'Use an active key exactly as it was shown when it was created.',
          requestId: expect.any(String),
        },
        challenge: 'Bearer realm="formaops"',
      });
    }
  });

  it('asks the database only about keys whose checksum fits', async () => {
    const query = jest.fn(async () => ({ rows: [] }));
    await using app = await startTestApp({ query } as unknown as Queryable);
    const { apiKey } = await api.user();
    const wrongKeys = [withOtherEnd(apiKey), apiKey.slice(0, -1), apiKey.replace('live', 'test'), 'x'];
    for (const key of wrongKeys) await show(`Bearer ${key}`, app.url);
    expect(query).not.toHaveBeenCalled();
    await show(`Bearer ${apiKey}`, app.url);
    expect(query).toHaveBeenCalledTimes(1);
  });

  it('checks who calls before it reads a body', async () => {
    const body = '{"never": "looked at"';
    const answer = await call(`${api.url}/v1/executions`, { method: 'POST', body });
    expect(answer.body).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('refuses a key that is not active', async () => {
    const { get, userId } = await api.user();
    await api.db.query('UPDATE api_keys SET is_active = false WHERE user_id = $1', [userId]);
    expect((await get('/v1/executions')).status).toBe(401);
  });

  it('leaves no key in the log', async () => {
    const { apiKey } = await api.user();
    await show(`Bearer ${apiKey}`);
    await show(`Bearer ${withOtherEnd(apiKey)}`);
    expect(JSON.stringify(api.log.lines)).not.toContain(apiKey.slice(0, -1));
  });
});

describe('the time a key was last used', () => {
  it('is written when the API stops, not with every request', async () => {
    await using own = await startTestApi();
    const { get, userId } = await own.user();
    const before = new Date();
    for (let count = 0; count < 3; count += 1) await get('/v1/executions');
    expect(await lastUsed(own, userId)).toBeNull();
    await own.stop();
    expect((await lastUsed(own, userId))?.getTime()).toBeGreaterThanOrEqual(before.getTime());
  });

  it('stays empty for a key that was refused', async () => {
    const { apiKey, userId } = await api.user();
    await show(`Bearer ${withOtherEnd(apiKey)}`);
    expect(await lastUsed(api, userId)).toBeNull();
  });
});
