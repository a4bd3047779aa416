import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { type Answer, call } from '../http/call.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

function submit(
  client: TestClient,
  key: string,
  body: object = {},
  path = '/v1/executions',
): Promise<Answer> {
  return call(api.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.apiKey}`, 'idempotency-key': key },
    body: { promptId: client.promptId, inputs: { text: 'hello' }, ...body },
  });
}

async function countExecutions({ userId }: TestClient): Promise<number> {
  const { rows } = await api.db.query('SELECT count(*)::int FROM executions WHERE user_id = $1', [userId]);
  return rows[0].count;
}

describe('a submission with an Idempotency-Key', () => {
  it('is answered like any other the first time', async () => {
    const answer = await submit(await api.user(), 'first');
    expect(answer.status).toBe(202);
    expect(answer.headers.get('idempotent-replayed')).toBeNull();
  });

  it('that is sent again gives the same execution as it is now, and says so', async () => {
    const client = await api.user();
    const first = await submit(client, 'again');
    await client.post(`/v1/executions/${first.body.id}/cancel`);
    const second = await submit(client, 'again');
    expect(second).toMatchObject({ status: 202, body: { id: first.body.id, status: 'CANCELLED' } });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('location')).toBe(`/v1/executions/${first.body.id}`);
    expect(await countExecutions(client)).toBe(1);
  });

  it('that is sent twenty times at once is one execution, and every answer has its id', async () => {
    const client = await api.user();
    const answers = await Promise.all(Array.from({ length: 20 }, () => submit(client, 'at-once')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await countExecutions(client)).toBe(1);
  });

  it('may wait for the end of what an earlier one submitted', async () => {
    const client = await api.user();
    const first = await submit(client, 'wait');
    await client.post(`/v1/executions/${first.body.id}/cancel`);
    const second = await submit(client, 'wait', {}, '/v1/executions?wait=20');
    expect(second).toMatchObject({
      status: 200,
      body: { id: first.body.id, status: 'CANCELLED', attempts: [] },
    });
  });

  it('with another body is refused: 422 IDEMPOTENCY_KEY_REUSED', async () => {
    const client = await api.user();
    await submit(client, 'reused');
    const answer = await submit(client, 'reused', { inputs: { text: 'other' } });
    expect(answer).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await countExecutions(client)).toBe(1);
  });

  it('is nobody else’s', async () => {
    const [one, other] = [await api.user(), await api.user()];
    const [first, second] = [await submit(one, 'shared'), await submit(other, 'shared')];
    expect(second.status).toBe(202);
    expect(second.body.id).not.toBe(first.body.id);
  });

  it('keeps what was accepted accepted, although it would be refused now', async () => {
    const client = await api.user();
    const first = await submit(client, 'archived');
    await api.db.query(`UPDATE prompts SET status = 'ARCHIVED' WHERE id = $1`, [client.promptId]);
    expect(await submit(client, 'archived')).toMatchObject({ status: 202, body: { id: first.body.id } });
    expect(await submit(client, 'new')).toMatchObject({ status: 409, body: { code: 'PROMPT_ARCHIVED' } });
  });

  it('may use its key again when it was refused', async () => {
    const client = await api.user();
    const refused = await submit(client, 'refused', { inputs: {} });
    expect(refused.status).toBe(422);
    expect(await submit(client, 'refused')).toMatchObject({ status: 202 });
  });

  it.each([
    ['an empty one', ''],
    ['one that is too long', 'k'.repeat(256)],
    ['one with a blank', 'a b'],
    ['one beyond ASCII', 'caf\u00e9'],
    ['two, of which somebody on the way may have made one', 'a, b'],
  ])('refuses %s', async (_what, key) => {
    const client = await api.user();
    const answer = await submit(client, key);
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'INVALID_REQUEST', errors: [{ code: 'INVALID_IDEMPOTENCY_KEY' }] },
    });
    expect(await countExecutions(client)).toBe(0);
  });

  it('takes every other key as it is', async () => {
    const client = await api.user();
    for (const key of ['k'.repeat(255), '"quoted"', "'; DROP TABLE executions; --".replaceAll(' ', '_')])
      expect(await submit(client, key)).toMatchObject({ status: 202 });
  });
});
