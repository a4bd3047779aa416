import type { JsonObject, VariableDefinition } from '@formaops/core';
import { openQueueConnection, queuePriority } from '@formaops/queue';
import { createPrompt, createValidation, hasRedis, testRedis } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { noProducer, startTestApp } from '../app.fixture.ts';
import { type Answer, call, problemsOf } from '../http/call.fixture.ts';
import { until } from '../until.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ ALLOWED_MODELS: ['gpt-4o', 'claude-*'] });
});
afterAll(async () => api[Symbol.asyncDispose]());

async function rowsOf({ userId }: TestClient) {
  const { rows } = await api.db.query('SELECT * FROM executions WHERE user_id = $1', [userId]);
  return rows;
}

describe('submitting', () => {
  it('answers 202 with the execution and where to find it', async () => {
    const user = await api.user();
    const answer = await user.submit({ context: { ticket: 7 } });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/v1/executions/${answer.body['id']}`);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/),
      status: 'PENDING',
      priority: 'NORMAL',
      promptId: user.promptId,
      promptVersion: 1,
      model: 'gpt-4o-mini',
      parameters: {},
      validationStatus: 'PENDING',
      tokenUsage: null,
      latencyMs: null,
      costUsd: null,
      costIsComplete: true,
      error: null,
      edgeFunctionId: null,
      attempt: 0,
      maxAttempts: 3,
      timeoutMs: 120_000,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      startedAt: null,
      completedAt: null,
      deadlineAt: expect.any(String),
      nextAttemptAt: null,
      cancelRequestedAt: null,
      runAt: null,
      rerunOf: null,
      redactedAt: null,
      inputs: { text: 'hello' },
      context: { ticket: 7 },
      output: null,
      validatedOutput: null,
    });
    expect((await user.get(String(answer.headers.get('location')))).body).toMatchObject(answer.body);
  });

  it('stores exactly what was asked for, as the user of the key, with its first log line', async () => {
    const user = await api.user();
    const parameters = {
      temperature: 0.5,
      maxTokens: 100,
      topP: 0.9,
      seed: 42,
      stop: ['END'],
      responseFormat: {
        type: 'json_schema',
        jsonSchema: { name: 'x', schema: { type: 'object' }, strict: true },
      },
    };
    const { body } = await user.submit({
      inputs: { text: 'héllo {{text}} $& 😀' },
      context: [1, null],
      priority: 'CRITICAL',
      promptVersion: 1,
      model: 'gpt-4o',
      parameters,
      maxAttempts: 10,
      timeoutMs: 3_600_000,
      deadlineMs: 604_800_000,
    });
    const [row] = await rowsOf(user);
    expect(row).toMatchObject({
      id: body['id'],
      user_id: user.userId,
      prompt_id: user.promptId,
      prompt_version: 1,
      status: 'PENDING',
      inputs: { text: 'héllo {{text}} $& 😀' },
      context: [1, null],
      priority: 'CRITICAL',
      model: 'gpt-4o',
      parameters,
      max_attempts: 10,
      timeout_ms: 3_600_000,
      started_at: null,
    });
    expect(row.deadline_at - row.created_at).toBe(604_800_000);
    const { rows: logs } = await api.db.query('SELECT * FROM execution_logs WHERE execution_id = $1', [
      row.id,
    ]);
    expect(logs).toMatchObject([
      {
        level: 'INFO',
        message: 'Execution accepted',
        metadata: { priority: 'CRITICAL', model: 'gpt-4o', promptVersion: 1 },
        timestamp: row.created_at,
      },
    ]);
  });

  it('gives an execution a day when the request does not say', async () => {
    const user = await api.user();
    await user.submit();
    const [row] = await rowsOf(user);
    expect(row.deadline_at - row.created_at).toBe(86_400_000);
  });

  it.each(['gpt-4o-mini', 'gpt-4o', 'claude-anything'])('takes the model %s', async (model) => {
    const user = await api.user();
    expect((await user.submit({ model })).body).toMatchObject({ model });
  });

  it.each(hasRedis ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])(
    'rings on %s with nothing but a version, as urgently as was asked for',
    async (server) => {
      const changes = server === 'Redis' ? { QUEUE_URL: (await testRedis()).redisUrl } : {};
      await using own = await startTestApi(changes);
      const user = await own.user();
      const { body } = await user.submit({ priority: 'HIGH' });
      const queue = openQueueConnection({
        queueUrl: changes.QUEUE_URL,
        databaseUrl: own.databaseUrl,
        log: own.log,
      });
      const board = queue.newQueue('board');
      const job = await until(() => board.getJob(`${body['id']}_0`), Boolean);
      await board.close();
      await queue.close();
      expect(job?.data).toEqual({ v: 1 });
      expect(job?.priority).toBe(queuePriority('HIGH', new Date(String(body['createdAt']))));
    },
  );

  it('notes the ringing when it stops, so that no worker has to ring again', async () => {
    await using own = await startTestApi();
    const user = await own.user();
    const { body } = await user.submit();
    await own.stop();
    const { rows } = await own.db.query('SELECT last_enqueued_at FROM executions WHERE id = $1', [
      body['id'],
    ]);
    expect(rows[0].last_enqueued_at).not.toBeNull();
  });

  it.each([
    ['looked for in a minute when it has joined a long line', 'rung', { noted: [], takenBack: 0 }],
    ['looked for soon when it could not even be rung for', 'away', { noted: [], takenBack: 1 }],
  ])('is %s', async (_, queue, { noted, takenBack }) => {
    const user = await api.user();
    const said = { noted: [] as string[], takenBack: [] as string[] };
    const ring = () => (queue === 'away' ? Promise.reject(new Error('away')) : Promise.resolve());
    await using app = await startTestApp(api.db, {
      line: { isLong: () => true },
      producer: { ...noProducer, ring },
      ringReceipts: {
        note: (ids) => void said.noted.push(...ids),
        takeBack: (ids) => void said.takenBack.push(...ids),
      },
    });
    const { body } = await call(`${app.url}/v1/executions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.apiKey}` },
      body: { promptId: user.promptId, inputs: { text: 'hello' } },
    });
    const { rows } = await api.db.query(
      `SELECT last_enqueued_at = created_at AS is_rung, extract(epoch FROM check_at - created_at)::int AS seconds
       FROM executions WHERE user_id = $1`,
      [user.userId],
    );
    expect(rows).toEqual([{ is_rung: true, seconds: 60 }]);
    expect(said).toEqual({ noted, takenBack: Array(takenBack).fill(body['id']) });
  });

  it('accepts and stores while the queue is down', async () => {
    await using own = await startTestApi({ QUEUE_URL: 'redis://127.0.0.1:1' });
    const user = await own.user();
    const { status, body } = await user.submit();
    expect(status).toBe(202);
    await own.stop();
    const { rows } = await own.db.query('SELECT status, last_enqueued_at FROM executions WHERE id = $1', [
      body['id'],
    ]);
    expect(rows).toEqual([{ status: 'PENDING', last_enqueued_at: null }]);
    expect(own.log.lines).toContainEqual({
      level: 'warn',
      message: 'bell not rung',
      fields: expect.objectContaining({ executionId: body['id'] }),
    });
  });

  it('leaves no inputs, context or templates in the log', async () => {
    await using own = await startTestApi({ QUEUE_URL: 'redis://127.0.0.1:1' });
    const user = await own.user();
    await user.submit({ inputs: { text: 'canary-5f3a' }, context: { note: 'canary-5f3a' } });
    await user.submit({ inputs: { text: 5, canary: 'canary-5f3a' } });
    expect(JSON.stringify(own.log.lines)).not.toContain('canary-5f3a');
  });
});

describe('the plan', () => {
  it.each([
    ['FREE', { priority: 'CRITICAL' }, 'The plan FREE does not include CRITICAL priority'],
    ['FREE', { maxAttempts: 3 }, 'The plan FREE allows maxAttempts up to 2'],
    ['FREE', { timeoutMs: 120_001 }, 'The plan FREE allows timeoutMs up to 120000'],
    ['PRO', { maxAttempts: 6 }, 'The plan PRO allows maxAttempts up to 5'],
    ['PRO', { timeoutMs: 600_001 }, 'The plan PRO allows timeoutMs up to 600000'],
  ] as const)('%s does not include %j', async (plan, changes, reason) => {
    const user = await api.user(plan);
    const { status, body } = await user.submit(changes);
    expect({ status, body }).toMatchObject({ status: 403, body: { code: 'PLAN_FORBIDDEN' } });
    expect(body['detail']).toContain(reason);
    expect(await rowsOf(user)).toEqual([]);
  });

  it.each([
    ['FREE', { priority: 'HIGH', maxAttempts: 2, timeoutMs: 120_000 }],
    ['PRO', { priority: 'CRITICAL', maxAttempts: 5, timeoutMs: 600_000 }],
    ['ENTERPRISE', { priority: 'CRITICAL', maxAttempts: 10, timeoutMs: 3_600_000 }],
  ] as const)('%s includes %j', async (plan, changes) => {
    const user = await api.user(plan);
    expect((await user.submit(changes)).body).toMatchObject(changes);
  });

  it.each([
    ['FREE', 2],
    ['PRO', 3],
    ['ENTERPRISE', 3],
  ] as const)('%s gives %d attempts when the request does not say', async (plan, maxAttempts) => {
    const user = await api.user(plan);
    expect((await user.submit()).body).toMatchObject({ maxAttempts, timeoutMs: 120_000 });
  });
});

describe('the prompt', () => {
  async function submitTo(
    user: TestClient,
    prompt: { template?: string; variables?: VariableDefinition[]; status?: 'DRAFT' | 'ARCHIVED' },
    inputs: JsonObject = {},
  ): Promise<Answer> {
    const promptId = await createPrompt(api.db, { userId: user.userId, ...prompt });
    return user.submit({ promptId, inputs });
  }

  it.each([
    ['DRAFT', 'PROMPT_NOT_PUBLISHED'],
    ['ARCHIVED', 'PROMPT_ARCHIVED'],
  ] as const)('that is %s does not run', async (status, code) => {
    const user = await api.user();
    expect(await submitTo(user, { status })).toMatchObject({ status: 409, body: { code } });
    expect(await rowsOf(user)).toEqual([]);
  });

  it('of somebody else is answered like one that does not exist', async () => {
    const [user, other] = [await api.user(), await api.user()];
    const answers = await Promise.all(
      [other.promptId, 'no-such-prompt'].map((promptId) => user.submit({ promptId })),
    );
    const withoutIds = answers.map(({ status, body: { requestId: _, ...body } }) => ({ status, body }));
    expect(withoutIds[0]).toEqual(withoutIds[1]);
    expect(withoutIds[0]).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it('of somebody else stays hidden whatever state it is in', async () => {
    const [user, other] = [await api.user(), await api.user()];
    const promptId = await createPrompt(api.db, { userId: other.userId, status: 'ARCHIVED' });
    expect((await user.submit({ promptId })).body).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is pinned in its current version, or in the one that is asked for', async () => {
    const user = await api.user();
    await api.db.query(`UPDATE prompts SET version = 2, template = 'v2 {{text}}' WHERE id = $1`, [
      user.promptId,
    ]);
    expect((await user.submit()).body).toMatchObject({ promptVersion: 2 });
    expect((await user.submit({ promptVersion: 1 })).body).toMatchObject({ promptVersion: 1 });
  });

  it('has no version that was never made', async () => {
    const user = await api.user();
    expect(problemsOf(await user.submit({ promptVersion: 7 }))).toEqual([
      'PROMPT_VERSION_UNKNOWN /promptVersion',
    ]);
  });

  it('checks the inputs against the variables of the pinned version', async () => {
    const user = await api.user();
    const variables = JSON.stringify([{ name: 'other', type: 'string', required: true }]);
    await api.db.query('UPDATE prompts SET version = 2, variables = $2 WHERE id = $1', [
      user.promptId,
      variables,
    ]);
    expect(problemsOf(await user.submit())).toEqual([
      'VARIABLE_MISSING /inputs/other',
      'VARIABLE_UNKNOWN /inputs/text',
    ]);
    expect((await user.submit({ promptVersion: 1 })).status).toBe(202);
  });

  it('has every problem with its inputs reported at once, and no value repeated', async () => {
    const user = await api.user();
    const variables: VariableDefinition[] = [
      { name: 'missing', type: 'string', required: true },
      { name: 'count', type: 'number', required: true },
      { name: 'level', type: 'string', options: ['low', 'high'] },
      { name: 'list', type: 'array' },
    ];
    const inputs = { count: '5', level: 'canary-5f3a', list: { x: 'canary-5f3a' }, 'a/b': 'canary-5f3a' };
    const answer = await submitTo(user, { template: 'x', variables }, inputs);
    expect(problemsOf(answer)).toEqual([
      'VARIABLE_MISSING /inputs/missing',
      'VARIABLE_TYPE /inputs/count',
      'VARIABLE_OPTION /inputs/level',
      'VARIABLE_TYPE /inputs/list',
      'VARIABLE_UNKNOWN /inputs/a~1b',
    ]);
    expect(answer.text).not.toContain('canary-5f3a');
    expect(await rowsOf(user)).toEqual([]);
  });

  it('fills in what has a default', async () => {
    const user = await api.user();
    const variables: VariableDefinition[] = [
      { name: 'language', type: 'string', required: true, defaultValue: 'go' },
      { name: 'hint', type: 'string' },
    ];
    const { body } = await submitTo(user, { template: '{{language}}', variables });
    expect(body).toMatchObject({ inputs: { language: 'go' } });
  });

  it('must not become too long or stay empty', async () => {
    const user = await api.user();
    const long = await submitTo(user, { template: '{{text}}'.repeat(11) }, { text: 'x'.repeat(100_000) });
    expect(long).toMatchObject({ status: 422, body: { code: 'PROMPT_TOO_LONG' } });
    const empty = await submitTo(user, { template: ' {{text}}\n' }, { text: ' \t' });
    expect(empty).toMatchObject({ status: 422, body: { code: 'PROMPT_EMPTY' } });
    expect(await rowsOf(user)).toEqual([]);
  });

  it('runs with validations of every kind', async () => {
    const user = await api.user('PRO');
    for (const type of ['SCHEMA', 'REGEX', 'FUNCTION'] as const) {
      await createValidation(api.db, { promptId: user.promptId, type, config: {} });
    }
    expect((await user.submit()).status).toBe(202);
  });

  it('is taken as it is now, although it was remembered from a moment ago', async () => {
    const user = await api.user();
    const change = (sql: string) => api.db.query(`UPDATE prompts SET ${sql} WHERE id = $1`, [user.promptId]);
    expect(await user.submit()).toMatchObject({ status: 202, body: { promptVersion: 1 } });
    await change(`version = 2, variables = '[]', template = 'always the same'`);
    expect(await user.submit({ inputs: {} })).toMatchObject({ status: 202, body: { promptVersion: 2 } });
    await change(`version = 3`);
    expect(await user.submit({ inputs: {} })).toMatchObject({ status: 202, body: { promptVersion: 3 } });
    expect(await user.submit({ inputs: {}, promptVersion: 2 })).toMatchObject({ body: { promptVersion: 2 } });
    await change(`status = 'ARCHIVED'`);
    for (const promptVersion of [undefined, 2]) {
      const answer = await user.submit({ inputs: {}, ...(promptVersion && { promptVersion }) });
      expect(answer).toMatchObject({ status: 409, body: { code: 'PROMPT_ARCHIVED' } });
    }
    await change(`status = 'PUBLISHED'`);
    expect((await user.submit({ inputs: {} })).status).toBe(202);
  });

  it('does not run with an active FUNCTION validation on a plan that has none', async () => {
    const user = await api.user('FREE');
    const id = await createValidation(api.db, { promptId: user.promptId, type: 'FUNCTION', config: {} });
    expect(await user.submit()).toMatchObject({ status: 403, body: { code: 'PLAN_FORBIDDEN' } });
    expect(await rowsOf(user)).toEqual([]);
    await api.db.query('UPDATE validations SET is_active = false WHERE id = $1', [id]);
    expect((await user.submit()).status).toBe(202);
  });
});
