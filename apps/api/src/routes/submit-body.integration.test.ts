import type { JsonValue } from '@formaops/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { problemsOf } from '../http/call.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ ALLOWED_MODELS: ['gpt-4o', 'claude-*'] });
});
afterAll(async () => api[Symbol.asyncDispose]());

describe('the body of a submission', () => {
  it('has its every problem reported at once, and nothing is stored', async () => {
    const user = await api.user();
    const answer = await user.post('/v1/executions', {
      promptId: 5,
      inputs: [],
      priority: 'URGENT',
      promptVersion: 0,
      model: 'gpt-99',
      parameters: { temperature: 3, maxTokens: -1, n: 100, stop: [] },
      maxAttempts: 11,
      timeoutMs: 999,
      deadlineMs: 604_800_001,
      status: 'COMPLETED',
    });
    expect(problemsOf(answer).toSorted()).toEqual(
      [
        'INVALID_TYPE /promptId',
        'INVALID_TYPE /inputs',
        'INVALID_ENUM /priority',
        'OUT_OF_RANGE /promptVersion',
        'MODEL_NOT_ALLOWED /model',
        'OUT_OF_RANGE /parameters/temperature',
        'OUT_OF_RANGE /parameters/maxTokens',
        'OUT_OF_RANGE /parameters/stop',
        'UNKNOWN_FIELD /parameters/n',
        'OUT_OF_RANGE /maxAttempts',
        'OUT_OF_RANGE /timeoutMs',
        'OUT_OF_RANGE /deadlineMs',
        'UNKNOWN_FIELD /status',
      ].toSorted(),
    );
    expect((await user.get('/v1/executions')).body).toMatchObject({ data: [] });
  });

  it.each([
    'id',
    'userId',
    'status',
    'cost_usd',
    'costUsd',
    'output',
    'createdAt',
    'attempt',
    'baseURL',
    'webhookUrl',
    'PromptId',
  ])('cannot have the field %s', async (name) => {
    const user = await api.user();
    expect(problemsOf(await user.submit({ [name]: 'x' }))).toEqual([`UNKNOWN_FIELD /${name}`]);
  });

  it.each(['n', 'stream', 'tools', 'logitBias', 'logit_bias', 'max_tokens', 'user'])(
    'cannot have the parameter %s',
    async (name) => {
      const user = await api.user();
      const answer = await user.submit({ parameters: { [name]: 1 } });
      expect(problemsOf(answer)).toEqual([`UNKNOWN_FIELD /parameters/${name}`]);
    },
  );

  it.each([
    ['promptId', ['', 'a/b', "' OR 1=1", 'x'.repeat(65), null, 5, {}]],
    ['inputs', [null, [], 'text', 5]],
    ['priority', ['URGENT', 'critical', 1, null, ['HIGH'], '']],
    ['promptVersion', [0, -1, 1.5, '1', 2 ** 31, null]],
    ['model', ['', 'gpt-4', 'GPT-4O', '../x', 'gpt-4o ', 'claude', 'x'.repeat(201), 5, null]],
    ['maxAttempts', [0, 11, 1.5, '3', null]],
    ['timeoutMs', [999, 3_600_001, 1_000.5, '5000', null]],
    ['deadlineMs', [999, 604_800_001, 1e300, null]],
    ['parameters', [null, [], 'x']],
  ] as Array<[string, JsonValue[]]>)('refuses %s with a value out of its range', async (field, values) => {
    const user = await api.user();
    for (const value of values) {
      const pointers = problemsOf(await user.submit({ [field]: value })).map(
        (problem) => problem.split(' ')[1],
      );
      expect({ value, pointers: new Set(pointers) }).toEqual({ value, pointers: new Set([`/${field}`]) });
    }
  });

  it.each([
    ['temperature', [-0.1, 2.1, '1', null]],
    ['maxTokens', [0, -1, 1_000_001, 1.5, null]],
    ['topP', [0, 1.01, null]],
    ['seed', [1.5, 2 ** 60, '1']],
    ['stop', ['END', [], ['a', 'b', 'c', 'd', 'e']]],
    ['stop/0', [[''], ['x'.repeat(201)], [1]]],
    ['responseFormat/type', [{}, { type: 'xml' }, { type: null }]],
    ['responseFormat/jsonSchema', [{ type: 'json_schema' }, { type: 'text', jsonSchema: {} }]],
    ['responseFormat/jsonSchema/name', [{ type: 'json_schema', jsonSchema: { name: 'a b', schema: {} } }]],
    [
      'responseFormat/jsonSchema/schema',
      [[], { description: 'x'.repeat(64_000) }].map((schema) => ({
        type: 'json_schema',
        jsonSchema: { name: 'a', schema },
      })),
    ],
  ] as Array<[string, JsonValue[]]>)(
    'refuses parameters/%s with a value out of its range',
    async (path, values) => {
      const user = await api.user();
      for (const value of values) {
        const answer = await user.submit({ parameters: { [path.split('/')[0] ?? '']: value } });
        const pointers = problemsOf(answer).map((problem) => problem.split(' ')[1]);
        expect({ value, pointers: new Set(pointers) }).toEqual({
          value,
          pointers: new Set([`/parameters/${path}`]),
        });
      }
    },
  );

  it.each([
    ['temperature', [0, 2]],
    ['maxTokens', [1, 1_000_000]],
    ['topP', [0.001, 1]],
    ['seed', [-5, 0, Number.MAX_SAFE_INTEGER]],
    ['stop', [['a'], ['a', 'b', 'c', 'x'.repeat(200)]]],
    ['responseFormat', [{ type: 'text' }, { type: 'json_object' }]],
  ] as Array<[string, JsonValue[]]>)('takes parameters/%s up to the limits', async (name, values) => {
    const user = await api.user();
    for (const value of values) {
      const { body } = await user.submit({ parameters: { [name]: value } });
      expect(body).toMatchObject({ status: 'PENDING', parameters: { [name]: value } });
    }
  });

  it('may be shown nothing of in the answer', async () => {
    const user = await api.user();
    const secret = 'canary-5f3a';
    const { text } = await user.post('/v1/executions', {
      promptId: `/${secret}`,
      inputs: secret,
      priority: secret,
      promptVersion: secret,
      model: secret,
      parameters: { temperature: secret, stop: secret, responseFormat: { type: secret } },
      maxAttempts: secret,
    });
    expect(text).not.toContain(secret);
  });
});
