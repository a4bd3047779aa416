import { createExecution } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { startTestApp } from '../app.fixture.ts';
import { type Answer, call, problemsOf } from '../http/call.fixture.ts';
import { finish } from '../worker.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

const first = {
  inputs: { text: 'again' },
  context: { a: 1 },
  priority: 'HIGH',
  parameters: { temperature: 0.5 },
  maxAttempts: 2,
  timeoutMs: 9_000,
  deadlineMs: 60_000,
} as const;

/** A user with an execution that can be run again. */
async function setup() {
  const user = await api.user();
  const id = await createExecution(api.db, user, first);
  return { user, id, rerun: (body?: unknown, key?: string) => rerun(user, id, body, key) };
}

function rerun({ apiKey }: TestClient, id: string, body?: unknown, key?: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${apiKey}`, ...(key && { 'idempotency-key': key }) };
  return call(`${api.url}/v1/executions/${id}/rerun`, { method: 'POST', headers, body });
}

const publishSecondVersion = ({ promptId }: TestClient) =>
  api.db.query(`UPDATE prompts SET version = 2, template = 'Second: {{text}}' WHERE id = $1`, [promptId]);

describe('POST /v1/executions/:id/rerun', () => {
  it('submits the same again, as a new execution that names the first', async () => {
    const { user, id, rerun } = await setup();
    const { status, body, headers } = await rerun();
    const { deadlineMs: _, ...same } = first;
    expect({ status, body }).toMatchObject({
      status: 202,
      body: { ...same, status: 'PENDING', promptId: user.promptId, promptVersion: 1, rerunOf: id },
    });
    expect(body['id']).not.toBe(id);
    expect(Date.parse(String(body['deadlineAt'])) - Date.parse(String(body['createdAt']))).toBe(60_000);
    expect(headers.get('location')).toBe(`/v1/executions/${body['id']}`);
    expect((await user.get(`/v1/executions/${body['id']}`)).body).toMatchObject({ rerunOf: id });
  });

  it('changes what the body says, and nothing else', async () => {
    const { rerun } = await setup();
    const changes = { priority: 'LOW', parameters: { seed: 7 } };
    expect((await rerun(changes)).body).toMatchObject({ ...changes, inputs: first.inputs, maxAttempts: 2 });
  });

  it('runs the version that the first one ran, or the one that is published now', async () => {
    const { user, rerun } = await setup();
    await publishSecondVersion(user);
    expect((await rerun()).body).toMatchObject({ promptVersion: 1 });
    expect((await rerun({ promptVersion: 'current' })).body).toMatchObject({ promptVersion: 2 });
  });

  it('starts at once, also when the first one was to start later', async () => {
    const user = await api.user();
    const { body } = await user.submit({ runAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect((await rerun(user, String(body['id']))).body).toMatchObject({ runAt: null, rerunOf: body['id'] });
  });

  it('with the same key is the same execution', async () => {
    const { user, id, rerun } = await setup();
    const answers = await Promise.all([1, 2, 3].map(() => rerun({}, 'k')));
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect((await rerun({}, 'k')).headers.get('idempotent-replayed')).toBe('true');
    expect((await rerun({ priority: 'LOW' }, 'k')).body).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    const other = await createExecution(api.db, user);
    expect(
      (
        await call(`${api.url}/v1/executions/${other}/rerun`, {
          method: 'POST',
          headers: { authorization: `Bearer ${user.apiKey}`, 'idempotency-key': 'k' },
        })
      ).body,
    ).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    expect((await user.get(`/v1/executions?rerunOf=${id}`)).body['data']).toHaveLength(1);
  });

  it('is listed by the execution that was repeated, newest first', async () => {
    const { user, id, rerun } = await setup();
    const ids = [(await rerun()).body['id'], (await rerun()).body['id']];
    const { body } = await user.get(`/v1/executions?rerunOf=${id}`);
    expect((body['data'] as Array<{ id: string }>).map((one) => one.id)).toEqual(ids.toReversed());
    const other = await api.user();
    expect((await other.get(`/v1/executions?rerunOf=${id}`)).body['data']).toEqual([]);
  });

  it('refuses what has lost its inputs: 409 EXECUTION_REDACTED', async () => {
    const { user, id, rerun } = await setup();
    await finish(api.db, id);
    expect((await rerun()).status).toBe(202);
    await user.post(`/v1/executions/${id}/redact`);
    expect(await rerun()).toMatchObject({ status: 409, body: { code: 'EXECUTION_REDACTED' } });
  });

  it('refuses inputs that the current version does not take, and prompts that no longer run', async () => {
    const { user, rerun } = await setup();
    await api.db.query(
      `UPDATE prompts SET version = 2, variables = '[{"name":"other","type":"string","required":true}]',
         template = '{{other}}' WHERE id = $1`,
      [user.promptId],
    );
    expect(problemsOf(await rerun({ promptVersion: 'current' })).toSorted()).toEqual([
      'VARIABLE_MISSING /inputs/other',
      'VARIABLE_UNKNOWN /inputs/text',
    ]);
    await api.db.query(`UPDATE prompts SET status = 'ARCHIVED' WHERE id = $1`, [user.promptId]);
    expect(await rerun()).toMatchObject({ status: 409, body: { code: 'PROMPT_ARCHIVED' } });
  });

  it('refuses a model that may not be used, or no longer', async () => {
    const { user, id, rerun } = await setup();
    expect(problemsOf(await rerun({ model: 'o9-secret' }))).toEqual(['MODEL_NOT_ALLOWED /model']);
    await using app = await startTestApp(api.db, { models: { allowed: ['other'], fallback: 'other' } });
    const headers = { authorization: `Bearer ${user.apiKey}` };
    const path = `${app.url}/v1/executions/${id}/rerun`;
    expect(problemsOf(await call(path, { method: 'POST', headers }))).toEqual(['MODEL_NOT_ALLOWED /model']);
    expect((await call(path, { method: 'POST', headers, body: { model: 'other' } })).body).toMatchObject({
      model: 'other',
    });
  });

  it('keeps within what the plan allows now', async () => {
    const { user, rerun } = await setup();
    await api.db.query(`UPDATE executions SET max_attempts = 9, timeout_ms = 3000000 WHERE user_id = $1`, [
      user.userId,
    ]);
    await api.db.query(`UPDATE users SET plan = 'PRO' WHERE id = $1`, [user.userId]);
    await using app = await startTestApp(api.db);
    const headers = { authorization: `Bearer ${user.apiKey}` };
    const [{ id }] = (await user.get('/v1/executions')).body['data'] as [{ id: string }];
    const path = `${app.url}/v1/executions/${id}/rerun`;
    expect((await call(path, { method: 'POST', headers })).body).toMatchObject({
      maxAttempts: 5,
      timeoutMs: 600_000,
    });
    expect((await rerun({ unknown: 1 })).status).toBe(422);
  });

  it("answers somebody else's like one that does not exist", async () => {
    const [{ id }, user] = [await setup(), await api.user()];
    const answers = [await rerun(user, id), await rerun(user, 'no-such-execution')];
    const [foreign, unknown] = answers.map(({ status, body: { requestId: _, ...body } }) => ({
      status,
      body,
    }));
    expect(foreign).toEqual(unknown);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it('refuses a body that is no JSON', async () => {
    const { rerun } = await setup();
    expect(await rerun('{')).toMatchObject({ status: 400, body: { code: 'INVALID_JSON' } });
  });
});
