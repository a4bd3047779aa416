import { changePlanLimits } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';

const limits = changePlanLimits(['FREE.maxWaiting=3', 'FREE.requestsPerMinute=none', 'PRO.maxWaiting=none']);
if ('problem' in limits) throw new Error(limits.problem);

const startApi = (): Promise<TestApi> => startTestApi({ PLAN_LIMITS: limits });
const tooMany = { status: 429, body: { code: 'BACKLOG_LIMIT' } };

describe('the backlog limit', () => {
  it('lets as many wait as the plan allows, also when they come at once, and says when to come back', async () => {
    await using api = await startApi();
    const client = await api.user('FREE');
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.submit()));
    const refused = answers.filter(({ status }) => status !== 202);
    expect(answers.length - refused.length).toBe(3);
    expect(refused).toMatchObject(Array(7).fill(tooMany));
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
  });

  it('counts what waits already, whoever submitted it, and nothing that has started or ended', async () => {
    await using api = await startApi();
    await using other = await startTestApi({ PLAN_LIMITS: limits, DATABASE_URL: api.databaseUrl });
    const client = await api.user('FREE');
    for (let number = 0; number < 3; number += 1) await client.submit();
    const headers = { authorization: `Bearer ${client.apiKey}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ promptId: client.promptId, inputs: { text: 'x' } });
    const atOther = () => fetch(`${other.url}/v1/executions`, { method: 'POST', headers, body });
    expect((await atOther()).status).toBe(429);
    await api.db.query(
      `UPDATE executions SET status = 'CANCELLED', started_at = now(), completed_at = now()`,
    );
    // The other process counts anew when its count is a second old; until then it tells to come back.
    for (;;) {
      const { status } = await atOther();
      if (status === 202) break;
      expect(status).toBe(429);
    }
  });

  it('is no limit for a plan that has none', async () => {
    await using api = await startApi();
    const client = await api.user('PRO');
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.submit()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  });

  it('does not refuse the repetition of what was accepted', async () => {
    await using api = await startApi();
    const client = await api.user('FREE');
    const post = (key: string) =>
      fetch(`${api.url}/v1/executions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${client.apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify({ promptId: client.promptId, inputs: { text: 'x' } }),
      });
    for (const key of ['a', 'b', 'c']) expect((await post(key)).status).toBe(202);
    expect((await post('d')).status).toBe(429);
    expect((await post('a')).status).toBe(202);
  });
});
