import { createExecution } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { call } from '../http/call.fixture.ts';
import { finish, start } from '../worker.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

const canary = 'canary-5f3a';

/** A user with an execution that has ended. */
async function setup() {
  const user = await api.user();
  const id = await createExecution(api.db, user, { inputs: { text: canary }, context: canary });
  await finish(api.db, id, { output: canary, validatedOutput: { canary } });
  const headers = { authorization: `Bearer ${user.apiKey}` };
  const path = `/v1/executions/${id}`;
  return {
    user,
    id,
    path,
    remove: (of = path) => call(api.url + of, { method: 'DELETE', headers }),
  };
}

describe('POST /v1/executions/:id/redact', () => {
  it('removes the content, says when, and keeps what is accounted for', async () => {
    const { user, path } = await setup();
    const before = (await user.get(path)).body;
    const { status, body, text } = await user.post(`${path}/redact`);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: 'COMPLETED', costUsd: '0.000005' },
    });
    expect(text).not.toContain(canary);
    const after = await user.get(path);
    expect(after.body).toEqual({
      ...before,
      inputs: {},
      context: null,
      output: null,
      validatedOutput: null,
      redactedAt: body['redactedAt'],
    });
    expect(body['redactedAt']).not.toBeNull();
  });

  it('again answers the same', async () => {
    const { user, path } = await setup();
    const first = await user.post(`${path}/redact`);
    expect(await user.post(`${path}/redact`)).toMatchObject({ status: 200, body: first.body });
  });

  it('refuses what has not ended: 409 EXECUTION_NOT_FINISHED', async () => {
    const { user, remove } = await setup();
    const id = await createExecution(api.db, user);
    const refused = { status: 409, body: { code: 'EXECUTION_NOT_FINISHED' } };
    expect(await user.post(`/v1/executions/${id}/redact`)).toMatchObject(refused);
    await start(api.db, id);
    expect(await user.post(`/v1/executions/${id}/redact`)).toMatchObject(refused);
    expect(await remove(`/v1/executions/${id}`)).toMatchObject(refused);
  });

  it('leaves nothing to judge: 409 EXECUTION_REDACTED', async () => {
    const { user, path } = await setup();
    await user.post(`${path}/redact`);
    expect(await user.post(`${path}/revalidate`)).toMatchObject({
      status: 409,
      body: { code: 'EXECUTION_REDACTED' },
    });
  });
});

describe('DELETE /v1/executions/:id', () => {
  it('removes the content, and the execution stays in lists', async () => {
    const { user, id, path, remove } = await setup();
    expect(await remove()).toMatchObject({ status: 204, text: '' });
    expect(await remove()).toMatchObject({ status: 204 });
    expect((await user.get(path)).text).not.toContain(canary);
    expect((await user.get('/v1/executions')).body['data']).toMatchObject([
      { id, redactedAt: expect.any(String) },
    ]);
  });

  it("answers somebody else's like one that does not exist", async () => {
    const [{ path }, { user, remove }] = [await setup(), await setup()];
    const answers = [await remove(path), await remove('/v1/executions/no-such-execution')];
    const [foreign, unknown] = answers.map(({ status, body: { requestId: _, ...body } }) => ({
      status,
      body,
    }));
    expect(foreign).toEqual(unknown);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect((await user.get(path)).status).toBe(404);
  });
});
