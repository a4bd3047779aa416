import { changePlanLimits } from '@formaops/core';
import { claim, newId, settle } from '@formaops/db';
import { describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';

const limits = changePlanLimits([
  'FREE.maxCostUsdPerDay=0.25',
  'FREE.requestsPerMinute=none',
  'FREE.maxWaiting=none',
]);
if ('problem' in limits) throw new Error(limits.problem);

const startApi = (): Promise<TestApi> => startTestApi({ PLAN_LIMITS: limits });

/** Submits an execution and runs it to its end, at a price. */
async function spend({ db }: TestApi, client: TestClient, costUsd: string): Promise<void> {
  const id = String((await client.submit()).body['id']);
  const token = newId();
  await claim(db, [{ id, token, workerId: 'w', leaseMs: 60_000 }]);
  await settle(db, [
    {
      id,
      token,
      status: 'FAILED',
      output: null,
      validatedOutput: undefined,
      validationStatus: 'SKIPPED',
      tokenUsage: null,
      error: { code: 'CONTENT_FILTERED', message: 'No' },
      ending: {
        outcome: 'FAILED',
        errorCode: 'CONTENT_FILTERED',
        errorMessage: 'No',
        providerRequestId: null,
        inputTokens: 1,
        outputTokens: 1,
        usageIsEstimated: false,
        costUsd,
        latencyMs: 1,
      },
      logs: [],
      verdicts: [],
    },
  ]);
}

/** Submits until the API has noticed what was spent, which takes a second at most. */
async function refusal(client: TestClient) {
  for (;;) {
    const answer = await client.submit();
    if (answer.status !== 202) return answer;
  }
}

describe('the limit of costs', () => {
  it('refuses who has spent it today, until midnight UTC, whatever became of the executions', async () => {
    await using api = await startApi();
    const client = await api.user('FREE');
    await spend(api, client, '0.1');
    await spend(api, client, '0.15');
    const answer = await refusal(client);
    expect(answer).toMatchObject({ status: 429, body: { code: 'COST_LIMIT' } });
    const untilMidnight = 86_400 - ((Date.now() / 1_000) % 86_400);
    expect(Math.abs(Number(answer.headers.get('retry-after')) - untilMidnight)).toBeLessThan(30);
    expect((await client.get('/v1/executions')).status).toBe(200);
    expect((await (await api.user('FREE')).submit()).status).toBe(202);
  });

  it('lets in who has spent less, or spent it yesterday', async () => {
    await using api = await startApi();
    const client = await api.user('FREE');
    await spend(api, client, '0.249999999999');
    const me = async () => (await client.get('/v1/me')).body['usage'];
    expect(await me()).toMatchObject({ spentTodayUsd: '0.249999999999' });
    await spend(api, client, '5');
    await refusal(client);
    await api.db.query(`UPDATE execution_attempts SET ended_at = ended_at - interval '1 day'`);
    expect(await me()).toMatchObject({ spentTodayUsd: '0' });
    for (;;) {
      const { status, body } = await client.submit();
      if (status === 202) break;
      expect(body['code']).toBe('COST_LIMIT');
    }
  });

  it('is none for a plan that has none', async () => {
    await using api = await startApi();
    const client = await api.user('ENTERPRISE');
    await spend(api, client, '1000');
    expect((await client.submit()).status).toBe(202);
    expect((await client.get('/v1/me')).body['usage']).toMatchObject({ spentTodayUsd: '1000' });
  });
});
