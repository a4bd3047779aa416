import { changePlanLimits, type defaultPlanLimits } from '@formaops/core';
import { issueApiKey } from '@formaops/db';
import { describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { startTestApp } from '../app.fixture.ts';
import { createRequestCounts } from '../background/request-counts.ts';
import { call } from './call.fixture.ts';

const limits = changePlanLimits(['FREE.requestsPerMinute=3', 'PRO.requestsPerMinute=1000']);
if ('problem' in limits) throw new Error(limits.problem);

const minute = Date.UTC(2126, 0, 31, 9, 30);

/** An app whose counts go by a clock that a test moves. */
async function startApp(api: TestApi, clock: { nowMs: number }) {
  const requestCounts = createRequestCounts(api.db, api.log, { now: () => new Date(clock.nowMs) });
  return startTestApp(api.db, { limits: limits as typeof defaultPlanLimits, requestCounts });
}

const ask = (url: string, apiKey: string, path = '/v1/prompts') =>
  call(url + path, { headers: { authorization: `Bearer ${apiKey}` } });

describe('the limit of requests', () => {
  it('lets as many through in a minute as the plan allows, and tells how many are left', async () => {
    await using api = await startTestApi();
    await using app = await startApp(api, { nowMs: minute });
    const { apiKey } = await api.user('FREE');
    const answers = [];
    for (let request = 0; request < 5; request += 1) answers.push(await ask(app.url, apiKey));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(answers[4]?.body).toMatchObject({ code: 'RATE_LIMITED', status: 429 });
    const left = answers.map(
      ({ headers }) => /^"requests-per-minute"; r=(\d+); t=\d+$/.exec(headers.get('ratelimit') ?? '')?.[1],
    );
    expect(left).toEqual(['2', '1', '0', '0', '0']);
    expect(answers[0]?.headers.get('ratelimit-policy')).toMatch(
      /^"requests-per-minute"; q=3; w=60; pk=:[^:]+:$/,
    );
  });

  it('begins anew with the minute of the clock, and not before', async () => {
    await using api = await startTestApi();
    const clock = { nowMs: minute + 1 };
    await using app = await startApp(api, clock);
    const { apiKey } = await api.user('FREE');
    for (let request = 0; request < 3; request += 1) await ask(app.url, apiKey);
    clock.nowMs = minute + 59_999;
    expect((await ask(app.url, apiKey)).status).toBe(429);
    clock.nowMs = minute + 60_000;
    expect((await ask(app.url, apiKey)).status).toBe(200);
  });

  it('counts the keys of a user together, and users apart', async () => {
    await using api = await startTestApi();
    await using app = await startApp(api, { nowMs: minute });
    const { apiKey, userId } = await api.user('FREE');
    const keys = [apiKey, await issueApiKey(api.db, userId, 'b'), await issueApiKey(api.db, userId, 'c')];
    for (const key of keys) expect((await ask(app.url, key)).status).toBe(200);
    for (const key of keys) expect((await ask(app.url, key)).status).toBe(429);
    expect((await ask(app.url, (await api.user('FREE')).apiKey)).status).toBe(200);
  });

  it('counts what ends as an error, and nobody who shows no key', async () => {
    await using api = await startTestApi();
    await using app = await startApp(api, { nowMs: minute });
    const { apiKey } = await api.user('FREE');
    for (let request = 0; request < 5; request += 1) await ask(app.url, `${apiKey}x`);
    for (const path of ['/v1/prompts/none', '/v1/nowhere', '/v1/prompts?x=1'])
      await ask(app.url, apiKey, path);
    expect((await ask(app.url, apiKey)).status).toBe(429);
  });

  it('is none for a plan without one, which is told nothing', async () => {
    await using api = await startTestApi();
    await using app = await startApp(api, { nowMs: minute });
    const { apiKey } = await api.user('ENTERPRISE');
    for (let request = 0; request < 5; request += 1) {
      const { status, headers } = await ask(app.url, apiKey);
      expect([status, headers.get('ratelimit')]).toEqual([200, null]);
    }
  });

  it('holds for all processes together, a second late', async () => {
    await using api = await startTestApi({ PLAN_LIMITS: limits });
    await using other = await startTestApi({ PLAN_LIMITS: limits, DATABASE_URL: api.databaseUrl });
    const { apiKey } = await api.user('PRO');
    const usedOf = async (url: string) => {
      const { headers } = await ask(url, apiKey);
      return 1_000 - Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);
    };
    for (let request = 0; request < 40; request += 1) await usedOf(api.url);
    // A minute may end in between: then this process has told the other one less than all, and a few asked again.
    while ((await usedOf(other.url)) < 40) await usedOf(api.url);
  });

  it('says in Retry-After when the minute ends', async () => {
    await using api = await startTestApi({ PLAN_LIMITS: limits });
    const { apiKey } = await api.user('FREE');
    for (;;) {
      const { status, headers } = await ask(api.url, apiKey);
      if (status === 200) continue;
      const seconds = Number(headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(60);
      break;
    }
  });
});
