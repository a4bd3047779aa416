import { FormaOps, type OperationId } from '@formaops/client';
import { openLink } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from './api.fixture.ts';
import { defaultDocument } from './openapi/default-document.ts';
import { until } from './until.fixture.ts';
import { finish } from './worker.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

async function setup() {
  const user = await api.user();
  const link = await openLink(new URL(api.url));
  const client = new FormaOps({ apiKey: user.apiKey, baseUrl: link.url, random: () => 0.5 });
  const ids = async () => {
    const { rows } = await api.db.query('SELECT id FROM executions WHERE user_id = $1', [user.userId]);
    return rows.map(({ id }) => String(id));
  };
  const submission = { promptId: user.promptId, inputs: { text: 'hello' } };
  return { user, client, link, ids, submission, [Symbol.asyncDispose]: () => link.close() };
}

describe('the client, against the API', () => {
  it('submits, reads, lists every page, cancels and reads the story', async () => {
    await using test = await setup();
    const { executions } = test.client;
    const submitted = [];
    for (let count = 0; count < 3; count++) submitted.push((await executions.submit(test.submission)).id);
    const listed = [];
    for await (const { id } of executions.list({ limit: 1, status: ['PENDING', 'RUNNING'] })) listed.push(id);
    expect(listed).toEqual(submitted.toReversed());
    const [id = ''] = submitted;
    expect(await executions.cancel(id)).toMatchObject({ id, status: 'CANCELLED' });
    expect(await executions.get(id)).toMatchObject({ status: 'CANCELLED', verdicts: [] });
    expect((await executions.listLogs(id).page()).data.map(({ message }) => message)).toContain(
      'Execution accepted',
    );
  });

  it('changes what belongs to a prompt', async () => {
    await using test = await setup();
    const { validations, prompts } = test.client;
    const config = { pattern: 'x' };
    const { id } = await validations.create(test.user.promptId, { name: 'Has x', type: 'REGEX', config });
    await validations.update(test.user.promptId, id, { isActive: false });
    expect(await prompts.get(test.user.promptId)).toMatchObject({ validations: [{ id, isActive: false }] });
    expect(await validations.delete(test.user.promptId, id)).toBeUndefined();
    expect((await validations.list(test.user.promptId).page()).data).toEqual([]);
    expect(await validations.try({ type: 'REGEX', config, output: 'axe' })).toMatchObject({
      outcome: 'PASSED',
    });
  });

  it('reaches everything that can be read without an id', async () => {
    await using test = await setup();
    const reads = Object.entries(defaultDocument().paths ?? {}).flatMap(([path, { get }]) =>
      get && !path.includes('{') && path !== '/v1/events' ? [get.operationId as OperationId] : [],
    );
    expect(reads.length).toBeGreaterThan(3);
    for (const id of reads) expect([id, await test.client.request(id)]).toEqual([id, expect.any(Object)]);
  });

  it('tells what the API says of a request that is wrong', async () => {
    await using test = await setup();
    const wrong = test.client.executions.submit({
      promptId: test.user.promptId,
      inputs: {},
      maxAttempts: 99,
    });
    await expect(wrong).rejects.toMatchObject({
      name: 'FormaOpsError',
      code: 'INVALID_REQUEST',
      status: 422,
      requestId: expect.stringMatching(/./),
      errors: [{ pointer: '/maxAttempts', code: 'OUT_OF_RANGE' }],
    });
    await expect(test.client.executions.get('unknown')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      status: 404,
    });
    const stranger = new FormaOps({ apiKey: 'fo_live_wrong', baseUrl: test.link.url });
    await expect(stranger.prompts.list().page()).rejects.toMatchObject({ code: 'INVALID_API_KEY' });
  });

  it('submits once, though the line breaks after the API has heard of it', async () => {
    await using test = await setup();
    const submitted = test.client.executions.submit(
      test.submission,
      {},
      { timeoutMs: 1_500, idempotencyKey: 'once' },
    );
    await test.link.stallAfter('idempotency-key: once');
    const { id } = await submitted;
    expect(await test.ids()).toEqual([id]);
  });

  it('waits for the end, also while the line is cut for a while', async () => {
    await using test = await setup();
    const waited = test.client.executions.submitAndWait(test.submission);
    const [id = ''] = await until(test.ids, (ids) => ids.length === 1);
    test.link.cut();
    await finish(api.db, id);
    test.link.open();
    expect(await waited).toMatchObject({ id, status: 'COMPLETED', attempts: [{ attempt: 1 }] });
    expect(await test.ids()).toEqual([id]);
  });

  it('stops waiting when it is told to, and when the time is over', async () => {
    await using test = await setup();
    const { id } = await test.client.executions.submit(test.submission);
    const reason = new Error('enough');
    const controller = new AbortController();
    const waited = test.client.executions.wait(id, { signal: controller.signal });
    controller.abort(reason);
    await expect(waited).rejects.toBe(reason);
    await expect(test.client.executions.wait(id, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    expect(await test.client.executions.get(id)).toMatchObject({ status: 'PENDING' });
  });
});
