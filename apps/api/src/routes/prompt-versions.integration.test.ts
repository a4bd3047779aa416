import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { problemsOf } from '../http/call.fixture.ts';
import { greeting, promptClient } from './prompts.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const variables = [{ name: 'name', type: 'string' }];

/** A prompt in three versions. */
async function setup() {
  const user = await api.user();
  const client = promptClient(api.url, user);
  const { body } = await client.create();
  await client.change(body.id, { template: 'Hi {{name}}!\r\nHow are you?', changeLog: 'Shorter' });
  const { etag } = await client.change(body.id, { variables });
  return { ...client, user, id: body.id, etag, path: `/v1/prompts/${body.id}/versions` };
}

describe('GET /v1/prompts/:id/versions', () => {
  it('shows the history, newest first, with what was said about it', async () => {
    const { user, path } = await setup();
    expect((await user.get(path)).body).toEqual({
      data: [
        { version: 3, changeLog: null, createdAt: time, isCurrent: true },
        { version: 2, changeLog: 'Shorter', createdAt: time, isCurrent: false },
        { version: 1, changeLog: null, createdAt: time, isCurrent: false },
      ],
      nextCursor: null,
    });
  });

  it('comes in pages, each version once', async () => {
    const { user, path, id, change } = await setup();
    for (const n of [1, 2, 3, 4]) await change(id, { template: `${n} {{name}}` });
    const seen: number[] = [];
    let query = '?limit=2';
    for (;;) {
      const { data, nextCursor } = (await user.get(path + query)).body as {
        data: unknown;
        nextCursor: string | null;
      };
      seen.push(...(data as Array<{ version: number }>).map(({ version }) => version));
      if (nextCursor === null) break;
      query = `?limit=2&cursor=${nextCursor}`;
    }
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  it('refuses a cursor of something else', async () => {
    const { user, path } = await setup();
    for (const cursor of ['x', '-1', '1e3', '9999999999', ''])
      expect(problemsOf(await user.get(`${path}?cursor=${cursor}`))).toEqual(['INVALID_VALUE /cursor']);
  });
});

describe('GET /v1/prompts/:id/versions/:version', () => {
  it('shows a version, its template line by line, too', async () => {
    const { user, path } = await setup();
    expect((await user.get(`${path}/2`)).body).toEqual({
      version: 2,
      changeLog: 'Shorter',
      createdAt: time,
      isCurrent: false,
      template: 'Hi {{name}}!\r\nHow are you?',
      templateLines: ['Hi {{name}}!', 'How are you?'],
      variables: greeting.variables,
    });
    expect((await user.get(`${path}/3`)).body).toMatchObject({ version: 3, isCurrent: true, variables });
  });

  it.each([
    '0',
    '4',
    '-1',
    '1.0',
    '01',
    '1e0',
    '2147483648',
    '99999999999999999999',
    'x',
    '%00',
    '1%20OR%201=1',
  ])('knows no version %s', async (version) => {
    const { user, path } = await setup();
    for (const answer of [
      await user.get(`${path}/${version}`),
      await user.post(`${path}/${version}/restore`),
    ])
      expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('POST /v1/prompts/:id/versions/:version/restore', () => {
  it('makes a new version with the old content, and says from where it came', async () => {
    const { user, id, path, restore, etag } = await setup();
    const { status, body } = await restore(id, 1, etag);
    const { template, variables: first } = greeting;
    expect({ status, body }).toMatchObject({ status: 200, body: { version: 4, template, variables: first } });
    expect((await user.get(`${path}/4`)).body).toMatchObject({
      template,
      variables: first,
      changeLog: 'Restored from version 1',
      isCurrent: true,
    });
    expect((await user.get(`${path}/1`)).body).toMatchObject({ template, changeLog: null, isCurrent: false });
  });

  it('changes nothing where the content is current, so it can be repeated', async () => {
    const { id, restore, etag } = await setup();
    expect(await restore(id, 3)).toMatchObject({ status: 200, etag, body: { version: 3 } });
    const { etag: restored } = await restore(id, 1);
    expect(await restore(id, 1)).toMatchObject({ status: 200, etag: restored, body: { version: 4 } });
  });
});
