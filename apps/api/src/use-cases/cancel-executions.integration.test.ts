import { createExecution, createPrompt } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { startTestApp } from '../app.fixture.ts';
import { call, problemsOf } from '../http/call.fixture.ts';
import { finish, start } from '../worker.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

const cancel = (user: TestClient, body: unknown) => user.post('/v1/executions/cancel', body);

async function statusesOf(user: TestClient): Promise<Record<string, number>> {
  const { rows } = await api.db.query(
    `SELECT status || CASE WHEN status = 'RUNNING' AND cancel_requested_at IS NOT NULL THEN ' wished' ELSE '' END AS status,
       count(*)::int AS count FROM executions WHERE user_id = $1 GROUP BY 1`,
    [user.userId],
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

/** So many PENDING executions, in one statement. */
const createMany = ({ userId, promptId }: TestClient, count: number) =>
  api.db.query(
    `INSERT INTO executions (id, inputs, user_id, prompt_id) SELECT $1 || '-' || n, '{}', $1, $2
     FROM generate_series(1, $3::int) n`,
    [userId, promptId, count],
  );

describe('cancelling many', () => {
  it('cancels those that are named, each as by itself', async () => {
    const user = await api.user();
    const [waiting, running, ended, other] = [
      await createExecution(api.db, user),
      await createExecution(api.db, user),
      await createExecution(api.db, user),
      await createExecution(api.db, user),
    ];
    await start(api.db, running);
    await finish(api.db, ended);
    const ids = [waiting, running, ended, waiting, 'no-such-execution'];
    expect(await cancel(user, { ids })).toMatchObject({
      status: 200,
      body: { cancelled: 1, requested: 1, skipped: 2, more: false },
    });
    expect(await statusesOf(user)).toEqual({ CANCELLED: 1, COMPLETED: 1, PENDING: 1, 'RUNNING wished': 1 });
    expect((await user.get(`/v1/executions/${other}`)).body).toMatchObject({ status: 'PENDING' });
  });

  it('cancels those that meet every condition', async () => {
    const user = await api.user();
    const promptId = await createPrompt(api.db, user);
    const [kept, old, running, wanted] = [
      await createExecution(api.db, user),
      await createExecution(api.db, { ...user, promptId }),
      await createExecution(api.db, { ...user, promptId }),
      await createExecution(api.db, { ...user, promptId }),
    ];
    await start(api.db, running);
    await api.db.query(`UPDATE executions SET created_at = '2026-01-01' WHERE id = $1`, [old]);
    const conditions = { promptId, status: ['PENDING'], createdFrom: '2026-01-02T00:00:00Z' };
    expect((await cancel(user, conditions)).body).toMatchObject({ cancelled: 1, requested: 0, more: false });
    expect((await user.get(`/v1/executions/${wanted}`)).body).toMatchObject({ status: 'CANCELLED' });
    const before = { createdBefore: '2026-01-02T00:00:00Z' };
    expect((await cancel(user, before)).body).toMatchObject({ cancelled: 1 });
    expect((await cancel(user, { status: ['RUNNING'] })).body).toMatchObject({ cancelled: 0, requested: 1 });
    expect((await user.get(`/v1/executions/${kept}`)).body).toMatchObject({ status: 'PENDING' });
  });

  it('cancels all in steps of a thousand, and says whether some are left', async () => {
    const user = await api.user();
    await createMany(user, 1_200);
    expect((await cancel(user, { all: true })).body).toEqual({
      cancelled: 1_000,
      requested: 0,
      skipped: 0,
      more: true,
    });
    expect((await cancel(user, { all: true })).body).toMatchObject({ cancelled: 200, more: false });
    expect((await cancel(user, { all: true })).body).toMatchObject({ cancelled: 0, more: false });
  });

  it('does not come back to what runs and was told to stop', async () => {
    const user = await api.user();
    await start(api.db, await createExecution(api.db, user));
    expect((await cancel(user, { all: true })).body).toMatchObject({ requested: 1, more: false });
    expect((await cancel(user, { all: true })).body).toMatchObject({ requested: 0, skipped: 0, more: false });
  });

  it("touches nothing of somebody else's, whatever is asked for", async () => {
    const [user, other] = [await api.user(), await api.user()];
    const theirs = await createExecution(api.db, other);
    for (const body of [
      { ids: [theirs] },
      { all: true },
      { promptId: other.promptId },
      { status: ['PENDING'] },
    ])
      expect((await cancel(user, body)).body).toMatchObject({ cancelled: 0, requested: 0, more: false });
    expect(await statusesOf(other)).toEqual({ PENDING: 1 });
  });

  it('tells everybody what has ended, and workers what they should stop', async () => {
    const told: Array<[string, number]> = [];
    const signals = {
      publishCancel: (ids: readonly string[]) => void told.push(['cancel', ids.length]),
      publishFinished: (ids: readonly string[]) => void told.push(['finished', ids.length]),
    };
    await using app = await startTestApp(api.db, { signals });
    const user = await api.user();
    await createMany(user, 3);
    await start(api.db, await createExecution(api.db, user));
    const headers = { authorization: `Bearer ${user.apiKey}` };
    await call(`${app.url}/v1/executions/cancel`, { method: 'POST', headers, body: { all: true } });
    expect(told.toSorted()).toEqual([
      ['cancel', 1],
      ['finished', 3],
    ]);
  });

  it('and each by itself at the same time ends each once', async () => {
    const user = await api.user();
    await createMany(user, 300);
    const one = (n: number) => user.post(`/v1/executions/${user.userId}-${n}/cancel`);
    const [all, again, ...singles] = await Promise.all([
      cancel(user, { all: true }),
      cancel(user, { all: true }),
      ...[1, 50, 100, 150, 200, 250, 300].map(one),
    ]);
    expect(new Set(singles.map(({ status }) => status))).toEqual(new Set([200]));
    const cancelled = Number(all.body['cancelled']) + Number(again.body['cancelled']);
    expect(cancelled).toBeGreaterThanOrEqual(300 - singles.length);
    expect(cancelled).toBeLessThanOrEqual(300);
    expect(await statusesOf(user)).toEqual({ CANCELLED: 300 });
    const { rows } = await api.db.query(
      `SELECT count(*)::int AS lines FROM execution_logs l JOIN executions e ON e.id = l.execution_id
       WHERE e.user_id = $1 AND l.message = 'Execution cancelled'`,
      [user.userId],
    );
    expect(rows).toEqual([{ lines: 300 }]);
  });

  it('lets what a worker claims meanwhile either run with the wish or not at all', async () => {
    const user = await api.user();
    const ids = await Promise.all(Array.from({ length: 40 }, () => createExecution(api.db, user)));
    const claims = ids.map((id) => start(api.db, id).catch(() => null));
    const [{ body }, ...tokens] = await Promise.all([cancel(user, { all: true }), ...claims]);
    const claimed = tokens.filter((token) => token !== null).length;
    expect(Number(body['cancelled']) + Number(body['requested']) + Number(body['skipped'])).toBe(40);
    expect(await statusesOf(user)).toEqual({
      ...(claimed < 40 && { CANCELLED: 40 - claimed }),
      ...(claimed > 0 && { 'RUNNING wished': claimed }),
    });
  });

  it('refuses what does not say which', async () => {
    const user = await api.user();
    expect(problemsOf(await cancel(user, {}))).toEqual(['REQUIRED ']);
    for (const body of [
      { all: false },
      { ids: [] },
      { ids: ['x'], all: true },
      { ids: Array(1_001).fill('x') },
      { status: ['COMPLETED'] },
      { status: [] },
      { createdFrom: 'yesterday' },
      { userId: 'x' },
    ])
      expect(problemsOf(await cancel(user, body)).length).toBeGreaterThan(0);
  });

  it('is no execution of that name', async () => {
    const user = await api.user();
    expect((await user.get('/v1/executions/cancel')).status).toBe(405);
  });
});
