import { createValidation } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { call } from '../http/call.fixture.ts';
import { promptClient } from './prompts.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

async function setup() {
  const user = await api.user();
  const client = promptClient(api.url, user);
  const { body, etag } = await client.create();
  return { ...client, user, id: body.id, etag };
}

async function versionsOf(id: string): Promise<number[]> {
  const { rows } = await api.db.query<{ version: number }>(
    'SELECT version FROM prompt_versions WHERE prompt_id = $1 ORDER BY version',
    [id],
  );
  return rows.map(({ version }) => version);
}

describe('the ETag of a prompt', () => {
  it('is strong, the same wherever the same state is shown, and another one after each change', async () => {
    const { id, etag, read, change, publish, archive, restore } = await setup();
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    const seen = [etag];
    for (const write of [
      () => change(id, { name: 'Other' }),
      () => change(id, { description: null }),
      () => change(id, { tags: ['a'] }),
      () => change(id, { template: 'Bye {{name}}' }),
      () => publish(id),
      () => restore(id, 1),
      () => archive(id),
    ]) {
      const { status, etag: written } = await write();
      expect(status).toBe(200);
      expect((await read(id)).etag).toBe(written);
      seen.push(written);
    }
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('changes with what the prompt shows of its validations, and not with their configs', async () => {
    const { id, etag, read, send } = await setup();
    const { body: added } = await send('POST', `/${id}/validations`, {
      name: 'Ok',
      type: 'REGEX',
      config: { pattern: 'a' },
    });
    const withValidation = await read(id);
    expect(withValidation.etag).not.toBe(etag);
    const address = `/${id}/validations/${added.id}`;
    await send('PATCH', address, { config: { pattern: 'b' } });
    expect((await read(id)).etag).toBe(withValidation.etag);
    await send('PATCH', address, { isActive: false });
    expect((await read(id)).etag).not.toBe(withValidation.etag);
    await send('DELETE', address);
    expect((await read(id)).etag).toBe(etag);
  });

  it('saves sending what the caller has already', async () => {
    const { id, etag, change, user } = await setup();
    const ask = (known: string) =>
      call(`${api.url}/v1/prompts/${id}`, {
        headers: { authorization: `Bearer ${user.apiKey}`, 'if-none-match': known },
      });
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const { status, text, headers } = await ask(known);
      expect([known, status, text, headers.get('etag')]).toEqual([known, 304, '', etag]);
    }
    await change(id, { name: 'Other' });
    expect((await ask(etag)).status).toBe(200);
  });
});

describe('If-Match', () => {
  it('lets a write through in the state that it names, and in no other', async () => {
    const { id, etag, read, change, publish, archive, restore, remove } = await setup();
    const { etag: second } = await change(id, { template: 'Bye {{name}}' }, etag);
    const stale = [
      await change(id, { name: 'Lost' }, etag),
      await change(id, { template: 'Lost {{name}}' }, etag),
      await publish(id, etag),
      await archive(id, etag),
      await restore(id, 1, etag),
      await remove(id, etag),
    ];
    for (const answer of stale)
      expect(answer).toMatchObject({ status: 412, body: { code: 'PRECONDITION_FAILED' } });
    expect(await read(id)).toMatchObject({ etag: second, body: { version: 2 } });
    expect(await versionsOf(id)).toEqual([1, 2]);

    const { etag: third } = await publish(id, second);
    const { etag: fourth } = await restore(id, 1, third);
    const { etag: fifth } = await archive(id, fourth);
    expect((await remove(id, fifth)).status).toBe(204);
  });

  it.each<[string, (etag: string) => string, number]>([
    ['* ', () => '*', 200],
    ['several tags, one of them right', (etag) => `"x", ${etag}`, 200],
    ['the right tag, but weak', (etag) => `W/${etag}`, 412],
    ['the right tag without quotes', (etag) => etag.slice(1, -1), 412],
    ['no tag', () => '', 412],
    ['half a tag', (etag) => etag.slice(0, -1), 412],
  ])('answers %s', async (_, header, status) => {
    const { id, etag, change } = await setup();
    expect((await change(id, { name: 'Other' }, header(etag))).status).toBe(status);
  });

  it('comes after what is wrong with the request', async () => {
    const { id, change, read, send } = await setup();
    expect((await change(id, { template: '{{' }, '"x"')).status).toBe(422);
    expect((await change(id, { template: '{{other}}' }, '"x"')).status).toBe(422);
    expect((await send('POST', `/${id}/versions/9/restore`, undefined, { 'if-match': '"x"' })).status).toBe(
      404,
    );
    expect((await read(id)).body.version).toBe(1);
  });
});

describe('writers at the same time', () => {
  const many = Array.from({ length: 20 }, (_, index) => index);

  it('lets one of those through that saw the same state, and loses no write', async () => {
    const { id, etag, change, read } = await setup();
    const answers = await Promise.all(
      many.map((n) => change(id, { template: `${n} {{name}}`, changeLog: `${n}` }, etag)),
    );
    const written = answers.filter(({ status }) => status === 200);
    expect(written).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
    expect((await read(id)).etag).toBe(written[0]?.etag);
    expect(await versionsOf(id)).toEqual([1, 2]);
  });

  it('gives each its own version where none asks for a state', async () => {
    const { id, change } = await setup();
    const answers = await Promise.all(many.map((n) => change(id, { template: `${n} {{name}}` })));
    expect(answers.map(({ status }) => status)).toEqual(many.map(() => 200));
    const versions = answers.map(({ body }) => body.version).toSorted((a, b) => a - b);
    expect(versions).toEqual(many.map((n) => n + 2));
    const { rows } = await api.db.query(
      'SELECT version, template FROM prompt_versions WHERE prompt_id = $1 AND version > 1',
      [id],
    );
    const stored = new Map(rows.map(({ version, template }) => [version, template]));
    for (const { body } of answers) expect(stored.get(body.version)).toBe(body.template);
  });

  it('never joins halves that do not fit together', async () => {
    const { id, change, read } = await setup();
    const answers = await Promise.all([
      change(id, { template: 'plain' }),
      change(id, { variables: [] }),
      ...many.map((n) =>
        n % 2 === 0
          ? change(id, { template: 'Hi {{name}}' })
          : change(id, { variables: [{ name: 'other', type: 'string' }] }),
      ),
    ]);
    for (const { status } of answers) expect([200, 422, 503]).toContain(status);
    const { rows } = await api.db.query(
      `SELECT version FROM prompt_versions WHERE prompt_id = $1 AND template LIKE '%{{name}}%'
       AND NOT variables @> '[{"name": "name"}]'`,
      [id],
    );
    expect(rows).toEqual([]);
    expect((await read(id)).status).toBe(200);
  });

  it('writes, publishes, archives and restores without an error of ours', async () => {
    const { id, change, publish, archive, restore } = await setup();
    const answers = await Promise.all(
      many.flatMap((n) => [
        change(id, { template: `${n} {{name}}` }),
        publish(id),
        n % 5 === 0 ? archive(id) : restore(id, 1),
      ]),
    );
    for (const { status, body } of answers)
      expect([200, 409]).toContain(body.code === 'DATABASE_BUSY' ? 200 : status);
    const versions = await versionsOf(id);
    expect(versions).toEqual(versions.map((_, index) => index + 1));
  });

  it('keeps a prompt with its execution, or deletes it and stores none', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id, user, publish, remove, read } = await setup();
      await publish(id);
      const submit = () => user.submit({ promptId: id, inputs: { name: 'x' } });
      const [submitted, removed, again] = await Promise.all([submit(), remove(id), submit()]);
      const isThere = (await read(id)).status === 200;
      expect([202, 404]).toContain(submitted.status);
      expect([202, 404]).toContain(again.status);
      expect(removed.status).toBe(isThere ? 409 : 204);
      if (!isThere) expect([submitted.status, again.status]).toEqual([404, 404]);
    }
  });
});

describe('a prompt with validations', () => {
  it('keeps them through a write', async () => {
    const { id, change } = await setup();
    const validationId = await createValidation(api.db, { promptId: id, config: {} });
    const { body } = await change(id, { template: 'Bye {{name}}' });
    expect(body.validations).toMatchObject([{ id: validationId }]);
  });
});
