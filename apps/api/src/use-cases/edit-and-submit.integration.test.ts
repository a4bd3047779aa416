import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { createApiProcess } from '../api.ts';
import { envSchema } from '../env.ts';
import { call } from '../http/call.fixture.ts';
import { promptClient } from '../routes/prompts.fixture.ts';

let api: TestApi;
/** Another process of the API on the same database. */
let otherUrl: string;
let stopOther: () => Promise<void>;
beforeAll(async () => {
  api = await startTestApi();
  const env = envSchema.parse({ DATABASE_URL: api.databaseUrl, PORT: '0' });
  const other = createApiProcess(env, api.log);
  otherUrl = `http://127.0.0.1:${(await other.start()).port}`;
  stopOther = other.stop;
});
afterAll(async () => {
  await stopOther();
  await api[Symbol.asyncDispose]();
});

/** Submits through a process that may remember the prompt as it was. */
async function submitTo(url: string, { apiKey }: TestClient, promptId: string, changes: object = {}) {
  const { status, body } = await call(`${url}/v1/executions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: { promptId, inputs: { name: 'Ada' }, ...changes },
  });
  return { status, version: body['promptVersion'], code: body['code'] };
}

async function setup() {
  const user = await api.user();
  const client = promptClient(api.url, user);
  const { body } = await client.create();
  const submit = async (changes: object = {}) => [
    await submitTo(api.url, user, body.id, changes),
    await submitTo(otherUrl, user, body.id, changes),
  ];
  return { ...client, submit, user, id: body.id };
}

const both = (answer: object) => [expect.objectContaining(answer), expect.objectContaining(answer)];

describe('submitting right after an edit, through either of two processes', () => {
  it('runs what is current, as soon as the edit was answered', async () => {
    const { id, publish, change, restore, submit } = await setup();
    expect(await submit()).toEqual(both({ code: 'PROMPT_NOT_PUBLISHED' }));
    await publish(id);
    expect(await submit()).toEqual(both({ status: 202, version: 1 }));
    await change(id, { template: 'Bye {{name}}' });
    expect(await submit()).toEqual(both({ status: 202, version: 2 }));
    await change(id, { name: 'Other' });
    expect(await submit()).toEqual(both({ status: 202, version: 2 }));
    await restore(id, 1);
    expect(await submit()).toEqual(both({ status: 202, version: 3 }));
    expect(await submit({ promptVersion: 2 })).toEqual(both({ status: 202, version: 2 }));
  });

  it('checks inputs by the variables that are current', async () => {
    const { id, publish, change, submit } = await setup();
    await publish(id);
    expect(await submit()).toEqual(both({ status: 202 }));
    const variables = [{ name: 'who', type: 'number' }];
    await change(id, { template: '{{who}}', variables });
    expect(await submit()).toEqual(both({ status: 422 }));
    expect(await submit({ inputs: { who: 1 } })).toEqual(both({ status: 202, version: 2 }));
    expect(await submit({ promptVersion: 1 })).toEqual(both({ status: 202, version: 1 }));
  });

  it('refuses an archived prompt, runs it when it is published again, and knows a deleted one no more', async () => {
    const { id, publish, archive, submit, create, remove, user } = await setup();
    await publish(id);
    expect(await submit()).toEqual(both({ status: 202 }));
    await archive(id);
    expect(await submit()).toEqual(both({ status: 409, code: 'PROMPT_ARCHIVED' }));
    await publish(id);
    expect(await submit()).toEqual(both({ status: 202 }));

    const { body: short } = await create();
    await publish(short.id);
    const wrong = { inputs: {} };
    for (const url of [api.url, otherUrl])
      expect(await submitTo(url, user, short.id, wrong)).toMatchObject({ status: 422 });
    expect((await remove(short.id)).status).toBe(204);
    for (const url of [api.url, otherUrl])
      expect(await submitTo(url, user, short.id)).toMatchObject({ status: 404 });
  });

  it('pins a version that exists, whatever is edited meanwhile', async () => {
    const { id, publish, change, user } = await setup();
    await publish(id);
    const [submitted] = await Promise.all([
      Promise.all(Array.from({ length: 30 }, (_, n) => submitTo(n % 2 ? api.url : otherUrl, user, id))),
      (async () => {
        for (let n = 0; n < 10; n += 1) await change(id, { template: `${n} {{name}}` });
      })(),
    ]);
    for (const { status } of submitted) expect([202, 503]).toContain(status);
    const { rows } = await api.db.query(
      `SELECT e.id FROM executions e LEFT JOIN prompt_versions v
         ON v.prompt_id = e.prompt_id AND v.version = e.prompt_version
       WHERE e.prompt_id = $1 AND v.id IS NULL`,
      [id],
    );
    expect(rows).toEqual([]);
  });
});
