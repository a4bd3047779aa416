import { defaultPlanLimits } from '@formaops/core';
import { claim, newId, updateUser } from '@formaops/db';
import { describe, expect, it } from '@jest/globals';
import { startTestApi } from '../api.fixture.ts';

describe('GET /v1/me', () => {
  it('tells who asks, with which key, what the plan allows and what is used', async () => {
    await using api = await startTestApi();
    const client = await api.user('PRO');
    await updateUser(api.db, client.userId, { name: 'Ada', avatarUrl: 'https://example.com/a.png' });
    const running = await client.submit();
    await client.submit();
    await claim(api.db, [{ id: String(running.body['id']), token: newId(), workerId: 'w', leaseMs: 60_000 }]);
    const { status, body } = await client.get('/v1/me');
    expect(status).toBe(200);
    expect(body).toEqual({
      user: {
        id: client.userId,
        email: `${client.userId}@test.invalid`,
        name: 'Ada',
        avatarUrl: 'https://example.com/a.png',
        plan: 'PRO',
        createdAt: expect.any(String),
      },
      key: { id: expect.any(String), name: 'test', scopes: ['read', 'write'] },
      limits: defaultPlanLimits.PRO,
      usage: {
        waiting: 1,
        running: 1,
        requestsLeftThisMinute: expect.any(Number),
        spentTodayUsd: '0',
      },
    });
    const { requestsLeftThisMinute } = body['usage'] as { requestsLeftThisMinute: number };
    expect(requestsLeftThisMinute).toBeGreaterThanOrEqual(5_997);
    expect(requestsLeftThisMinute).toBeLessThan(6_000);
  });

  it('has no number where there is no limit', async () => {
    await using api = await startTestApi();
    const { body } = await (await api.user('ENTERPRISE')).get('/v1/me');
    expect(body).toMatchObject({
      limits: { requestsPerMinute: null, maxCostUsdPerDay: null, maxWaiting: null },
      usage: { waiting: 0, running: 0, requestsLeftThisMinute: null },
    });
  });

  it('knows nobody whose key was deleted since it was looked up', async () => {
    await using api = await startTestApi();
    const client = await api.user('PRO');
    expect((await client.get('/v1/me')).status).toBe(200);
    await api.db.query('DELETE FROM api_keys WHERE user_id = $1', [client.userId]);
    expect(await client.get('/v1/me')).toMatchObject({ status: 401, body: { code: 'INVALID_API_KEY' } });
  });
});
