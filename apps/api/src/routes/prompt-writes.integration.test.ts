import { createPrompt, createValidation } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { greeting, promptClient, promptProblems } from './prompts.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

async function setup() {
  const user = await api.user();
  return { user, ...promptClient(api.url, user) };
}

describe('POST /v1/prompts', () => {
  it('creates a draft in its first version, and says where it is', async () => {
    const { create, read, user } = await setup();
    const { status, body, headers, etag } = await create();
    const { warnings, ...details } = body;
    expect({ status, warnings, body: details }).toEqual({
      status: 201,
      warnings: [],
      body: {
        ...greeting,
        id: expect.any(String),
        version: 1,
        status: 'DRAFT',
        createdAt: body.updatedAt,
        updatedAt: expect.any(String),
        publishedAt: null,
        validations: [],
      },
    });
    expect(headers.get('location')).toBe(`/v1/prompts/${body.id}`);
    expect(await read(body.id)).toMatchObject({ status: 200, body: details, etag });
    expect((await user.submit({ promptId: body.id, inputs: { name: 'Ada' } })).body['code']).toBe(
      'PROMPT_NOT_PUBLISHED',
    );
  });

  it('needs a name and a template; the rest may be left out', async () => {
    const { send } = await setup();
    expect((await send('POST', '', { name: 'x', template: 'y' })).body).toMatchObject({
      description: null,
      variables: [],
      tags: [],
    });
    expect(promptProblems(await send('POST', '', {}))).toEqual(['REQUIRED /name', 'REQUIRED /template']);
  });

  it('tells all problems at once, those of the form and those of the meaning', async () => {
    const { create } = await setup();
    const answer = await create({
      name: ' ',
      template: '{{missing}} {{ {{text}}',
      variables: [
        { name: 'text', type: 'strin' },
        { name: 'a', type: 'number', defaultValue: '5', options: [1, 1] },
        { name: 'a', type: 'string', isSecret: true },
        { name: 'b c', type: 'string' },
      ],
      tags: ['x', 'a,b', ' x '],
      version: 7,
    });
    expect(promptProblems(answer)).toEqual([
      'DEFAULT_TYPE /variables/1/defaultValue',
      'INVALID_ENUM /variables/0/type',
      'INVALID_VALUE /tags/1',
      'OPTION_DUPLICATE /variables/1/options/1',
      'OUT_OF_RANGE /name',
      'TAG_DUPLICATE /tags/2',
      'TEMPLATE_SYNTAX /template',
      'UNKNOWN_FIELD /variables/2/isSecret',
      'UNKNOWN_FIELD /version',
      'VARIABLE_DUPLICATE /variables/2/name',
      'VARIABLE_NAME /variables/3/name',
      'VARIABLE_UNDECLARED /template',
    ]);
  });

  it.each<[string, object, string[]]>([
    [
      'a template that is too long',
      { template: 'x'.repeat(200_001), variables: [] },
      ['OUT_OF_RANGE /template'],
    ],
    ['a blank template', { template: ' \n' }, ['TEMPLATE_EMPTY /template']],
    ['a template that is no text', { template: ['x'] }, ['INVALID_TYPE /template']],
    ['a long description', { description: 'x'.repeat(2_001) }, ['OUT_OF_RANGE /description']],
    ['a long name', { name: 'x'.repeat(201) }, ['OUT_OF_RANGE /name']],
    ['a name with a control character', { name: 'a\u0007' }, ['INVALID_VALUE /name']],
    ['a name that runs from right to left', { name: 'a\u202eb' }, ['INVALID_VALUE /name']],
    ['NUL', { description: 'a\0' }, ['INVALID_CHARACTER /description']],
    ['half a character', { template: '\ud800' }, ['INVALID_CHARACTER /template']],
    ['the same tag twice, composed and decomposed', { tags: ['é', 'e\u0301'] }, ['TAG_DUPLICATE /tags/1']],
    ['an empty tag', { tags: [' '] }, ['OUT_OF_RANGE /tags/0']],
    ['a long tag', { tags: ['x'.repeat(51)] }, ['OUT_OF_RANGE /tags/0']],
    ['too many tags', { tags: Array.from({ length: 21 }, (_, n) => `${n}`) }, ['OUT_OF_RANGE /tags']],
    ['tags that are no list', { tags: 'a' }, ['INVALID_TYPE /tags']],
    [
      'too many variables',
      {
        template: 'x',
        variables: Array.from({ length: 101 }, (_, n) => ({ name: `v${n}`, type: 'string' })),
      },
      ['OUT_OF_RANGE /variables'],
    ],
    ['variables that are no list', { variables: { name: 'x' } }, ['INVALID_TYPE /variables']],
    ['a variable that is none', { template: 'x', variables: ['x'] }, ['INVALID_TYPE /variables/0']],
    [
      'a default of null',
      { template: 'x', variables: [{ name: 'a', type: 'string', defaultValue: null }] },
      ['DEFAULT_TYPE /variables/0/defaultValue'],
    ],
    [
      'no options at all',
      { template: 'x', variables: [{ name: 'a', type: 'string', options: [] }] },
      ['OUT_OF_RANGE /variables/0/options'],
    ],
    ['another owner', { userId: 'demo-user-id' }, ['UNKNOWN_FIELD /userId']],
    ['a status', { status: 'PUBLISHED' }, ['UNKNOWN_FIELD /status']],
  ])('refuses %s', async (_, changes, problems) => {
    const { create } = await setup();
    expect(promptProblems(await create(changes))).toEqual(problems);
  });

  it.each<[unknown]>([[null], [[]], ['text'], [7], [[greeting]]])('refuses the body %j', async (body) => {
    const { send } = await setup();
    expect(promptProblems(await send('POST', '', JSON.stringify(body)))).toEqual(['INVALID_TYPE ']);
  });

  it('stores names and tags cleaned, and a template as it came', async () => {
    const { create } = await setup();
    const template = '  {{name}}\r\n\t$& \u202e e\u0301 😀 \\{{name}} ';
    const { body } = await create({ name: '  Cafe\u0301 ', tags: [' e\u0301 ', 'b c'], template });
    expect(body).toMatchObject({ name: 'Café', tags: ['é', 'b c'], template });
  });

  it('takes a required variable with a default, and warns of one that is not used', async () => {
    const { create } = await setup();
    const variables = [
      { name: 'name', type: 'string', required: true, defaultValue: 'a', options: ['a', 'b'] },
      { name: 'other', type: 'object', description: 'For later', defaultValue: { a: [1] } },
    ];
    const { status, body } = await create({ variables });
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { variables, warnings: [{ pointer: '/variables/1', code: 'VARIABLE_UNUSED' }] },
    });
  });

  it('reads a large body in a short time', async () => {
    const { send } = await setup();
    const options = Array.from({ length: 200_000 }, () => 1);
    const startedAt = performance.now();
    await send('POST', '', { name: 'x', template: '{{'.repeat(90_000), variables: [{ name: 'a', options }] });
    await send('POST', '', {
      name: 'x',
      template: '{{a}}'.repeat(39_000),
      variables: Array(100_000).fill({}),
    });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('PATCH /v1/prompts/:id', () => {
  it('makes a new version of another template or other variables, and of nothing else', async () => {
    const { create, change } = await setup();
    const { body: first } = await create();
    const steps: Array<[object, number]> = [
      [{ name: 'Other', description: null, tags: [] }, 1],
      [{ template: 'Bye {{name}}!' }, 2],
      [{ template: 'Bye {{name}}!', variables: greeting.variables }, 2],
      [{ variables: [{ required: false, type: 'string', name: 'name' }] }, 3],
      [{ variables: [{ name: 'name', required: false, type: 'string' }] }, 3],
      [{ description: 'x' }, 3],
    ];
    for (const [changes, version] of steps) {
      const { status, body } = await change(first.id, changes);
      expect({ status, body }).toMatchObject({ status: 200, body: { ...changes, version, status: 'DRAFT' } });
    }
  });

  it('keeps what is left out, and touches nothing where nothing changes', async () => {
    const { create, change, read } = await setup();
    const created = await create();
    const { body: changed } = await change(created.body.id, { name: 'Other' });
    expect(changed).toEqual({ ...created.body, name: 'Other', updatedAt: expect.any(String) });
    const before = await read(created.body.id);
    const again = await change(created.body.id, {
      name: 'Other',
      template: greeting.template,
      tags: greeting.tags,
    });
    expect(again.body).toEqual({ ...before.body, warnings: [] });
    expect(again.etag).toBe(before.etag);
  });

  it('checks one half of the content beside the other as it is stored', async () => {
    const { create, change, read } = await setup();
    const { body, etag } = await create();
    expect(promptProblems(await change(body.id, { template: '{{other}}' }))).toEqual([
      'VARIABLE_UNDECLARED /template',
    ]);
    expect(promptProblems(await change(body.id, { variables: [] }))).toEqual([
      'VARIABLE_UNDECLARED /template',
    ]);
    expect((await read(body.id)).etag).toBe(etag);
    const both = { template: '{{other}}', variables: [{ name: 'other', type: 'number' }] };
    expect(await change(body.id, both)).toMatchObject({ status: 200, body: { ...both, version: 2 } });
    expect(await change(body.id, { template: 'none' })).toMatchObject({
      status: 200,
      body: { version: 3, warnings: [{ code: 'VARIABLE_UNUSED' }] },
    });
  });

  it.each<[string, unknown, string[]]>([
    ['nothing', {}, ['INVALID_VALUE ']],
    ['a null', { name: null }, ['INVALID_TYPE /name']],
    ['a change log without a change', { name: 'x', changeLog: 'why' }, ['INVALID_VALUE /changeLog']],
    ['a long change log', { template: 'x', changeLog: 'x'.repeat(2_001) }, ['OUT_OF_RANGE /changeLog']],
    ['a status', { status: 'PUBLISHED' }, ['INVALID_VALUE ', 'UNKNOWN_FIELD /status']],
    ['a version', { version: 2 }, ['INVALID_VALUE ', 'UNKNOWN_FIELD /version']],
    ['bad braces', { template: '{{', tags: [1] }, ['INVALID_TYPE /tags/0', 'TEMPLATE_SYNTAX /template']],
  ])('refuses %s', async (_, changes, problems) => {
    const { create, change } = await setup();
    const { body } = await create();
    expect(promptProblems(await change(body.id, changes))).toEqual(problems);
  });

  it('changes nothing of an archived prompt', async () => {
    const { user, change, read, restore } = await setup();
    const id = await createPrompt(api.db, { userId: user.userId, status: 'ARCHIVED' });
    const { etag } = await read(id);
    for (const answer of [
      await change(id, { name: 'x' }),
      await change(id, { template: '{{text}}!' }),
      await change(id, { name: 'x' }, '"wrong"'),
      await restore(id, 1),
    ]) {
      expect(answer).toMatchObject({ status: 409, body: { code: 'PROMPT_ARCHIVED' } });
    }
    expect((await read(id)).etag).toBe(etag);
  });
});

describe('publishing and archiving', () => {
  it('says when a prompt was published for the first time, and does nothing twice', async () => {
    const { create, publish, archive } = await setup();
    const { body: draft } = await create();
    const published = await publish(draft.id);
    expect(published).toMatchObject({
      status: 200,
      body: { status: 'PUBLISHED', publishedAt: published.body.updatedAt, version: 1 },
    });
    expect(await publish(draft.id)).toMatchObject({ body: published.body, etag: published.etag });
    const archived = await archive(draft.id);
    expect(archived).toMatchObject({
      status: 200,
      body: { status: 'ARCHIVED', publishedAt: published.body.publishedAt },
    });
    expect(await archive(draft.id)).toMatchObject({ body: archived.body, etag: archived.etag });
    const { body: again } = await publish(draft.id);
    expect(again).toMatchObject({ status: 'PUBLISHED', publishedAt: published.body.publishedAt });
  });

  it('archives a draft, which was never published', async () => {
    const { create, publish, archive } = await setup();
    const { body: draft } = await create();
    expect((await archive(draft.id)).body).toMatchObject({ status: 'ARCHIVED', publishedAt: null });
    expect((await publish(draft.id)).body).toMatchObject({
      status: 'PUBLISHED',
      publishedAt: expect.any(String),
    });
  });
});

describe('DELETE /v1/prompts/:id', () => {
  it('deletes a prompt that never ran, with what belongs to it', async () => {
    const { create, change, publish, remove, read } = await setup();
    const { body } = await create();
    await change(body.id, { template: 'Bye {{name}}' });
    await createValidation(api.db, { promptId: body.id, config: {} });
    await publish(body.id);
    expect(await remove(body.id)).toMatchObject({ status: 204, text: '' });
    expect((await read(body.id)).status).toBe(404);
    expect((await remove(body.id)).status).toBe(404);
    const { rows } = await api.db.query(
      'SELECT id FROM prompt_versions WHERE prompt_id = $1 UNION SELECT id FROM validations WHERE prompt_id = $1',
      [body.id],
    );
    expect(rows).toEqual([]);
  });

  it('keeps a prompt that has an execution', async () => {
    const { user, remove, read } = await setup();
    await user.submit();
    const inUse = { status: 409, body: { code: 'PROMPT_IN_USE' } };
    expect(await remove(user.promptId)).toMatchObject(inUse);
    expect(await remove(user.promptId, '"wrong"')).toMatchObject(inUse);
    expect((await read(user.promptId)).status).toBe(200);
  });
});

describe("somebody else's prompt", () => {
  it('is answered like one that does not exist, whatever is asked', async () => {
    const { user: owner, read: readOwn } = await setup();
    const { send } = await setup();
    const before = await readOwn(owner.promptId);
    const requests: Array<[string, string, unknown?]> = [
      ['GET', ''],
      ['PATCH', '', { name: 'mine' }],
      ['PATCH', '', { template: 'x' }],
      ['DELETE', ''],
      ['POST', '/publish'],
      ['POST', '/archive'],
      ['GET', '/versions'],
      ['GET', '/versions/1'],
      ['POST', '/versions/1/restore'],
    ];
    for (const [method, path, body] of requests) {
      for (const ifMatch of ['*', before.etag, '"x"']) {
        const answers = [];
        for (const id of [owner.promptId, 'no-such-prompt']) {
          const { status, body: problem } = await send(method, `/${id}${path}`, body, {
            'if-match': ifMatch,
          });
          const { requestId: _, ...rest } = problem as unknown as Record<string, unknown>;
          answers.push({ status, rest });
        }
        expect([method, path, answers[0]]).toEqual([method, path, answers[1]]);
        expect(answers[0]).toMatchObject({ status: 404, rest: { code: 'NOT_FOUND' } });
      }
    }
    expect(await readOwn(owner.promptId)).toMatchObject({ body: before.body, etag: before.etag });
  });
});
