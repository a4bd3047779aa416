import type { Bell } from '@formaops/queue';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { noProducer, startTestApp } from '../app.fixture.ts';
import { call, problemsOf } from '../http/call.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

const day = 86_400_000;
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

/** What is rung when the user submits this. */
async function bellsOf({ promptId, apiKey }: TestClient, changes: object): Promise<Bell[]> {
  const bells: Bell[] = [];
  const producer = { ...noProducer, ring: async (rung: readonly Bell[]) => void bells.push(...rung) };
  await using app = await startTestApp(api.db, { producer });
  const headers = { authorization: `Bearer ${apiKey}` };
  const body = { promptId, inputs: { text: 'hello' }, ...changes };
  await call(`${app.url}/v1/executions`, { method: 'POST', headers, body });
  return bells;
}

describe('submitting with runAt', () => {
  it('is accepted, and the deadline counts from then', async () => {
    const user = await api.user();
    const runAt = inMs(day);
    const { status, body } = await user.submit({ runAt, deadlineMs: 60_000 });
    const deadlineAt = new Date(Date.parse(runAt) + 60_000).toISOString();
    expect({ status, body }).toMatchObject({ status: 202, body: { status: 'PENDING', runAt, deadlineAt } });
    expect((await user.get(`/v1/executions/${body['id']}`)).body).toMatchObject({ runAt, deadlineAt });
  });

  it('rings at that time, which also decides its place in the line', async () => {
    const user = await api.user();
    const [bell] = await bellsOf(user, { runAt: inMs(day) });
    expect(bell?.delayMs).toBeGreaterThan(day - 60_000);
    expect(bell?.delayMs).toBeLessThanOrEqual(day);
    expect(bell?.submittedAt.getTime()).toBeGreaterThan(Date.now() + day - 60_000);
    const [atOnce] = await bellsOf(user, {});
    expect(atOnce).not.toHaveProperty('delayMs');
  });

  it('means now when the time has passed', async () => {
    const user = await api.user();
    expect(await user.submit({ runAt: inMs(-day) })).toMatchObject({ status: 202, body: { runAt: null } });
    expect(await bellsOf(user, { runAt: inMs(-day) })).toEqual([
      expect.not.objectContaining({ delayMs: expect.anything() }),
    ]);
  });

  it('takes a time with an offset', async () => {
    const user = await api.user();
    const { body } = await user.submit({ runAt: inMs(day).replace('Z', '+00:00') });
    expect(Date.parse(String(body['runAt']))).toBeGreaterThan(Date.now());
  });

  it('refuses what is no time, and what is more than 30 days ahead', async () => {
    const user = await api.user();
    expect(problemsOf(await user.submit({ runAt: 'tomorrow' }))).toEqual(['INVALID_VALUE /runAt']);
    expect(problemsOf(await user.submit({ runAt: inMs(30 * day + 60_000) }))).toEqual([
      'OUT_OF_RANGE /runAt',
    ]);
    expect((await user.submit({ runAt: inMs(30 * day) })).status).toBe(202);
  });

  it('can be cancelled at once', async () => {
    const user = await api.user();
    const { body } = await user.submit({ runAt: inMs(day) });
    expect(await user.post(`/v1/executions/${body['id']}/cancel`)).toMatchObject({
      status: 200,
      body: { status: 'CANCELLED', attempt: 0 },
    });
  });
});
