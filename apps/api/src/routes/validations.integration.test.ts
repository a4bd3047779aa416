import type { UserPlan } from '@formaops/core';
import { createPrompt, createValidation } from '@formaops/testing';
import { describe, expect, it, jest } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { type Answer, call } from '../http/call.fixture.ts';
import { finish } from '../worker.fixture.ts';

// The sandbox's processes take their time to start on a busy machine.
jest.setTimeout(60_000);

const schema = { type: 'object', required: ['answer'] };
const body = { name: 'Answer', type: 'SCHEMA', config: schema };

/** What the cases here look at in an answer. */
interface Body {
  id: string;
  name: string;
  code: string;
  warnings: unknown[];
  data: unknown[];
  errors: Array<{ pointer: string; code: string }>;
  revalidations: Array<{ id: string }>;
  validatedOutput: unknown;
}

async function typed(answer: Promise<Answer>): Promise<Omit<Answer, 'body'> & { body: Body }> {
  const { body, ...rest } = await answer;
  return { ...rest, body: body as unknown as Body };
}

async function newUser(api: TestApi, plan: UserPlan) {
  const client = await api.user(plan);
  return {
    ...client,
    get: (path: string) => typed(client.get(path)),
    post: (path: string, body?: unknown) => typed(client.post(path, body)),
    submit: () => typed(client.submit()),
  };
}

type User = Awaited<ReturnType<typeof newUser>>;

async function setup() {
  const api = await startTestApi();
  const user = await newUser(api, 'PRO');
  const path = `/v1/prompts/${user.promptId}/validations`;
  const send = (method: string, to: string, body?: unknown, { apiKey }: { apiKey: string } = user) =>
    typed(call(api.url + to, { method, headers: { authorization: `Bearer ${apiKey}` }, body }));
  return { api, user, path, send, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

async function completed(api: TestApi, user: User): Promise<string> {
  const { body: execution } = await user.submit();
  await finish(api.db, execution.id);
  return execution.id;
}

describe('/v1/prompts/:id/validations', () => {
  it('creates, shows, lists, changes and deletes a validation', async () => {
    await using test = await setup();
    const { path, send, user } = test;
    const created = await send('POST', path, body);
    expect(created).toMatchObject({ status: 201, body: { ...body, isActive: true, warnings: [] } });
    const { warnings: _, ...stored } = created.body;
    expect(created.headers.get('location')).toBe(`${path}/${stored.id}`);
    expect(await user.get(`${path}/${stored.id}`)).toMatchObject({ status: 200, body: stored });
    expect((await user.get(path)).body).toEqual({ data: [stored], nextCursor: null });
    const changed = await send('PATCH', `${path}/${stored.id}`, { name: 'Other', isActive: false });
    expect(changed).toMatchObject({ status: 200, body: { name: 'Other', isActive: false, config: schema } });
    expect((await send('DELETE', `${path}/${stored.id}`)).status).toBe(204);
    expect((await user.get(path)).body).toEqual({ data: [], nextCursor: null });
  });

  it('warns of an unknown keyword and stores it', async () => {
    await using test = await setup();
    const created = await test.send('POST', test.path, { ...body, config: { requried: [] } });
    expect(created).toMatchObject({ status: 201, body: { warnings: [{ pointer: '/config/requried' }] } });
  });

  it.each([
    [
      { ...body, config: { properties: { a: { type: 'strin' } } } },
      '/config/properties/a/type',
      'SCHEMA_INVALID',
    ],
    [{ ...body, config: { $ref: 'http://169.254.169.254/' } }, '/config/$ref', 'SCHEMA_REMOTE_REF'],
    [{ ...body, config: { $ref: '#' } }, '/config', 'SCHEMA_TOO_COMPLEX'],
    [{ ...body, config: { $schema: 'http://a/' } }, '/config/$schema', 'SCHEMA_DRAFT_UNSUPPORTED'],
    [{ ...body, config: null }, '/config', 'SCHEMA_INVALID'],
    [{ ...body, type: 'REGEX', config: { pattern: '(' } }, '/config/pattern', 'REGEX_INVALID'],
    [{ ...body, type: 'REGEX', config: { pattern: 'a', flags: 'g' } }, '/config/flags', 'REGEX_INVALID'],
    [{ ...body, type: 'REGEX', config: { pattern: 'a'.repeat(1_001) } }, '/config/pattern', 'REGEX_TOO_LONG'],
    [{ ...body, type: 'FUNCTION', config: { source: '() => {' } }, '/config/source', 'FUNCTION_INVALID'],
    [
      { ...body, type: 'FUNCTION', config: { source: '() => true', memoryMb: 1 } },
      '/config/memoryMb',
      'FUNCTION_INVALID',
    ],
    [{ ...body, type: 'SQL' }, '/type', 'INVALID_ENUM'],
    [{ ...body, name: 'a\u202eb' }, '/name', 'INVALID_VALUE'],
    [{ ...body, name: ' ' }, '/name', 'OUT_OF_RANGE'],
    [{ ...body, prompt_id: 'x' }, '/prompt_id', 'UNKNOWN_FIELD'],
    [{ name: 'a', type: 'SCHEMA' }, '/config', 'REQUIRED'],
  ])('refuses %j at %s as %s', async (refused, pointer, code) => {
    await using test = await setup();
    const answer = await test.send('POST', test.path, refused);
    expect(answer).toMatchObject({ status: 422, body: { code: 'INVALID_REQUEST' } });
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer, code }));
    expect((await test.user.get(test.path)).body.data).toEqual([]);
  });

  it('checks a config again when it is changed or switched on', async () => {
    await using test = await setup();
    const { api, user, path, send } = test;
    const id = await createValidation(api.db, { promptId: user.promptId, config: { type: 'strin' } });
    expect((await send('PATCH', `${path}/${id}`, { isActive: true })).body.errors[0]?.pointer).toBe(
      '/config/type',
    );
    expect((await send('PATCH', `${path}/${id}`, { isActive: false })).status).toBe(200);
    expect((await send('PATCH', `${path}/${id}`, { config: { type: 'string' } })).status).toBe(200);
    expect((await send('PATCH', `${path}/${id}`, {})).status).toBe(422);
    expect((await send('PATCH', `${path}/${id}`, { config: null })).body.errors[0]?.pointer).toBe('/config');
    expect((await send('PATCH', `${path}/${id}`, { type: 'REGEX' })).body.errors[0]?.code).toBe(
      'UNKNOWN_FIELD',
    );
  });

  it('takes a name once for a prompt, also from two at once', async () => {
    await using test = await setup();
    const answers = await Promise.all([1, 2, 3].map(() => test.send('POST', test.path, body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('VALIDATION_NAME_TAKEN');
  });

  it('lets executions be submitted while a validation is being stored', async () => {
    await using test = await setup();
    const { api, user } = test;
    const client = await api.db.connect();
    try {
      await client.query('BEGIN');
      await client.query(
        `INSERT INTO validations (id, name, type, config, prompt_id) VALUES ('v', 'v', 'SCHEMA', '{}', $1)`,
        [user.promptId],
      );
      expect((await user.submit()).status).toBe(202);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });

  it('takes 20 validations for a prompt, also from many at once', async () => {
    await using test = await setup();
    const names = Array.from({ length: 18 }, (_, index) => `stored ${index}`);
    await test.api.db.query(
      `INSERT INTO validations (id, name, type, config, prompt_id) SELECT name, name, 'SCHEMA', '{}', $2 FROM unnest($1::text[]) name`,
      [names, test.user.promptId],
    );
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => test.send('POST', test.path, { ...body, name })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 422, 422]);
    expect(answers.find(({ status }) => status === 422)?.body.code).toBe('TOO_MANY_VALIDATIONS');
  });

  it('keeps functions to the plans that include them', async () => {
    await using test = await setup();
    const free = await newUser(test.api, 'FREE');
    const asked = { name: 'f', type: 'FUNCTION', config: { source: '() => true' } };
    const forbidden = { status: 403, body: { code: 'PLAN_FORBIDDEN' } };
    const path = `/v1/prompts/${free.promptId}/validations`;
    expect(await free.post(path, asked)).toMatchObject(forbidden);
    expect(await free.post('/v1/validations/try', { ...asked, name: undefined, output: '' })).toMatchObject(
      forbidden,
    );
    await createValidation(test.api.db, { promptId: free.promptId, type: 'FUNCTION', config: asked.config });
    expect(await free.submit()).toMatchObject(forbidden);
  });

  it('shows nobody what belongs to somebody else', async () => {
    await using test = await setup();
    const { path, send, api, user } = test;
    const { body: stored } = await send('POST', path, body);
    const stranger = await newUser(api, 'PRO');
    const id = await completed(api, user);
    const tries: Array<[string, string, unknown?]> = [
      ['GET', path],
      ['POST', path, body],
      ['GET', `${path}/${stored.id}`],
      ['PATCH', `${path}/${stored.id}`, { name: 'mine' }],
      ['DELETE', `${path}/${stored.id}`],
      ['POST', `/v1/executions/${id}/revalidate`],
      ['GET', `/v1/prompts/${stranger.promptId}/validations/${stored.id}`],
      ['PATCH', `/v1/prompts/${stranger.promptId}/validations/${stored.id}`, { name: 'mine' }],
      ['DELETE', `/v1/prompts/${stranger.promptId}/validations/${stored.id}`],
      ['GET', `${path}/%00`],
    ];
    for (const [method, to, json] of tries) {
      expect([method, to, (await send(method, to, json, stranger)).status]).toEqual([method, to, 404]);
    }
    expect((await user.get(`${path}/${stored.id}`)).body.name).toBe('Answer');
  });

  it('changes nothing of an archived prompt', async () => {
    await using test = await setup();
    const { api, user, send } = test;
    const promptId = await createPrompt(api.db, { userId: user.userId, status: 'ARCHIVED' });
    const id = await createValidation(api.db, { promptId, config: {} });
    const path = `/v1/prompts/${promptId}/validations`;
    const archived = { status: 409, body: { code: 'PROMPT_ARCHIVED' } };
    expect(await send('POST', path, body)).toMatchObject(archived);
    expect(await send('PATCH', `${path}/${id}`, { name: 'x' })).toMatchObject(archived);
    expect(await send('DELETE', `${path}/${id}`)).toMatchObject(archived);
    expect((await user.get(path)).body.data).toHaveLength(1);
  });
});

describe('POST /v1/validations/try', () => {
  it('judges a text and stores nothing', async () => {
    await using test = await setup();
    const source =
      '(output, { parsed, inputs, context }) => ({ valid: true, value: [parsed, inputs, context] })';
    const asked = {
      type: 'FUNCTION',
      config: { source },
      output: 'So: {"a":1}',
      inputs: { b: 2 },
      context: 3,
    };
    expect(await test.user.post('/v1/validations/try', asked)).toMatchObject({
      status: 200,
      body: {
        outcome: 'PASSED',
        code: null,
        errors: [],
        warnings: [],
        durationMs: expect.any(Number),
        extraction: 'embedded',
        value: [{ a: 1 }, { b: 2 }, 3],
      },
    });
    const { rows } = await test.api.db.query('SELECT 1 FROM execution_verdicts');
    expect(rows).toEqual([]);
  });

  it.each([
    [{ type: 'SCHEMA', config: schema, output: '{}' }, 'FAILED', 'OUTPUT_SCHEMA_MISMATCH'],
    [{ type: 'SCHEMA', config: schema, output: 'no' }, 'FAILED', 'OUTPUT_NOT_JSON'],
    [
      { type: 'REGEX', config: { pattern: '^(a+)+$' }, output: `${'a'.repeat(50)}!` },
      'ERRORED',
      'SANDBOX_TIMEOUT',
    ],
    [{ type: 'REGEX', config: { pattern: 'b' }, output: 'a' }, 'FAILED', 'OUTPUT_PATTERN_MISMATCH'],
    [
      { type: 'FUNCTION', config: { source: '() => { throw Error("no") }' }, output: '' },
      'FAILED',
      'FUNCTION_THREW',
    ],
    [{ type: 'FUNCTION', config: { source: '() => 1' }, output: '' }, 'ERRORED', 'FUNCTION_BAD_RESULT'],
  ])('answers %j with %s and %s', async (asked, outcome, code) => {
    await using test = await setup();
    const answer = await test.user.post('/v1/validations/try', asked);
    expect(answer).toMatchObject({ status: 200, body: { outcome, code, value: null } });
  });

  it('refuses a config as saving does', async () => {
    await using test = await setup();
    const asked = { type: 'REGEX', config: { pattern: '(' }, output: '' };
    expect((await test.user.post('/v1/validations/try', asked)).body.errors).toMatchObject([
      { pointer: '/config/pattern', code: 'REGEX_INVALID' },
    ]);
  });

  it('tells the third of one tenant to come again, and serves a neighbour meanwhile', async () => {
    await using test = await setup();
    const { user, api } = test;
    const neighbour = await newUser(api, 'PRO');
    const burn = { type: 'REGEX', config: { pattern: '^(a+)+$' }, output: `${'a'.repeat(60)}!` };
    const burning = Array.from({ length: 8 }, () => user.post('/v1/validations/try', burn));
    const asked = { type: 'SCHEMA', config: true, output: '1' };
    expect(await neighbour.post('/v1/validations/try', asked)).toMatchObject({ status: 200 });
    const answers = await Promise.all(burning);
    expect(answers.map(({ status }) => status)).toContain(503);
    const refused = answers.find(({ status }) => status === 503);
    expect(refused?.body.code).toBe('SANDBOX_UNAVAILABLE');
    expect(refused?.headers.get('retry-after')).not.toBeNull();
  });
});

describe('POST /v1/executions/:id/revalidate', () => {
  it('stores a new set of verdicts beside the old one and leaves the execution alone', async () => {
    await using test = await setup();
    const { api, user } = test;
    const id = await completed(api, user);
    await createValidation(api.db, { promptId: user.promptId, type: 'REGEX', config: { pattern: '41' } });
    const row = async () =>
      (await api.db.query('SELECT to_json(e) AS e FROM executions e WHERE id = $1', [id])).rows;
    const before = { row: await row(), shown: (await user.get(`/v1/executions/${id}`)).body };
    const set = await user.post(`/v1/executions/${id}/revalidate`);
    expect(set).toMatchObject({
      status: 201,
      body: {
        validationStatus: 'FAILED',
        validatedOutput: null,
        verdicts: [{ type: 'REGEX', outcome: 'FAILED', code: 'OUTPUT_PATTERN_MISMATCH' }],
      },
    });
    expect(await row()).toEqual(before.row);
    const { revalidations, ...rest } = (await user.get(`/v1/executions/${id}`)).body;
    expect({ ...rest, revalidations: [] }).toEqual(before.shown);
    const { validatedOutput: _, ...shown } = set.body;
    expect(revalidations).toEqual([shown]);
    const address = set.headers.get('location') ?? '';
    expect(await user.get(address)).toMatchObject({ status: 200, body: set.body });
    expect((await (await newUser(api, 'PRO')).get(address)).status).toBe(404);
  });

  it('keeps the newest 20 sets', async () => {
    await using test = await setup();
    const { api, user } = test;
    const id = await completed(api, user);
    await createValidation(api.db, { promptId: user.promptId, config: {} });
    const made: string[] = [];
    for (let run = 0; run < 22; run++)
      made.unshift((await user.post(`/v1/executions/${id}/revalidate`)).body.id);
    const { revalidations } = (await user.get(`/v1/executions/${id}`)).body;
    expect(revalidations.map(({ id: setId }) => setId)).toEqual(made.slice(0, 20));
    const { rows } = await api.db.query('SELECT 1 FROM execution_verdicts WHERE revalidation_id IS NOT NULL');
    expect(rows).toHaveLength(20);
  });

  it('needs an end and an output', async () => {
    await using test = await setup();
    const { api, user } = test;
    const { body: waiting } = await user.submit();
    expect(await user.post(`/v1/executions/${waiting.id}/revalidate`)).toMatchObject({
      status: 409,
      body: { code: 'EXECUTION_NOT_FINISHED' },
    });
    await finish(api.db, waiting.id, {
      output: null,
      validatedOutput: undefined,
      validationStatus: 'SKIPPED',
      verdicts: [],
    });
    expect(await user.post(`/v1/executions/${waiting.id}/revalidate`)).toMatchObject({
      status: 409,
      body: { code: 'EXECUTION_HAS_NO_OUTPUT' },
    });
  });
});
