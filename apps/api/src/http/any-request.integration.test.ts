import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { type Answer, call } from './call.fixture.ts';
import { encodeCursor } from './cursor.ts';

let api: TestApi;
let user: TestClient;
beforeAll(async () => {
  api = await startTestApi();
  user = await api.user();
});
afterAll(async () => api[Symbol.asyncDispose]());

const runs = { numRuns: 150 };

/** An answer that blames nobody but the caller, in the form that answers have. */
function expectOrderly({ status, headers, body }: Answer): void {
  expect(status).toBeLessThan(500);
  expect(headers.get('x-request-id')).toBeTruthy();
  if (status < 400) return;
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(body).toMatchObject({
    status,
    code: expect.stringMatching(/^[A-Z_]+$/),
    requestId: expect.any(String),
  });
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('\0', '\ud800', '__proto__', 'constructor'),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    text,
    fc.double(),
    fc.integer(),
    fc.constantFrom(null, true, 1e308, -0, 2 ** 53),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
})).value;

const parameters = {
  temperature: fc.double({ min: -1, max: 3 }),
  maxTokens: fc.integer(),
  seed: fc.maxSafeInteger(),
  stop: fc.array(text, { maxLength: 5 }),
  responseFormat: fc.record({
    type: fc.constant('json_schema'),
    jsonSchema: fc.record({ name: text, schema: json }),
  }),
};

/** A good submission, except for a few fields; often none of them is wrong. */
function submission() {
  const changes = fc.oneof(
    fc.record({ inputs: fc.record({ text }), context: json }),
    fc.record({ context: json, parameters: fc.record(parameters, { requiredKeys: [] }) }),
    fc.record({ promptId: json, inputs: json, model: text }, { requiredKeys: [] }),
    fc.record({ priority: json, promptVersion: fc.integer() }, { requiredKeys: [] }),
    fc.record(
      { maxAttempts: fc.integer(), timeoutMs: fc.double(), deadlineMs: fc.nat() },
      { requiredKeys: [] },
    ),
    fc.dictionary(text, json, { maxKeys: 2 }),
  );
  return changes.map((fields) => ({ promptId: user.promptId, inputs: { text: 'hello' }, ...fields }));
}

const query = (names: string[]) =>
  fc
    .array(
      fc.tuple(
        fc.oneof(fc.constantFrom(...names), text),
        text.map((value) => encodeURIComponent(value.toWellFormed())),
      ),
      { maxLength: 5 },
    )
    .map((pairs) =>
      pairs.map(([name, value]) => `${encodeURIComponent(name.toWellFormed())}=${value}`).join('&'),
    );

describe('no request is answered with an error of ours', () => {
  it('whatever a submission says, and what is taken is stored as it came', async () => {
    await fc.assert(
      fc.asyncProperty(submission(), async (body) => {
        const answer = await user.post('/v1/executions', body);
        expectOrderly(answer);
        if (answer.status !== 202) return;
        const { inputs, context = null } = JSON.parse(JSON.stringify(body));
        const { body: stored } = await user.get(`/v1/executions/${answer.body['id']}`);
        expect(stored).toMatchObject({ status: 'PENDING', promptId: user.promptId });
        expect({ inputs: stored['inputs'], context: stored['context'] }).toEqual({ inputs, context });
      }),
      runs,
    );
  });

  it('whatever JSON, text or bytes a body is', async () => {
    const body = fc.oneof(
      json.map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary' }),
      fc.uint8Array(),
    );
    await fc.assert(
      fc.asyncProperty(body, async (raw) => expectOrderly(await user.post('/v1/executions', raw))),
      runs,
    );
  });

  it('whatever a query says', async () => {
    const names = ['status', 'promptId', 'createdFrom', 'createdBefore', 'cursor', 'limit', 'wait'];
    await fc.assert(
      fc.asyncProperty(query(names), async (search) => {
        expectOrderly(await user.get(`/v1/executions?${search}`));
        expectOrderly(await user.get(`/v1/prompts?${search}`));
        expectOrderly(await user.get(`/v1/executions/no-such-execution/logs?${search}`));
      }),
      runs,
    );
  });

  it('whatever place a cursor leads to', async () => {
    const at = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    const cursor = fc
      .tuple(at, fc.oneof(text, fc.uuid()))
      .map(([time, id]) => encodeCursor({ at: time, id }));
    await fc.assert(
      fc.asyncProperty(cursor, at, async (place, time) => {
        expectOrderly(await user.get(`/v1/executions?cursor=${place}&createdFrom=${time.toISOString()}`));
        expectOrderly(await user.get(`/v1/prompts?cursor=${place}`));
      }),
      runs,
    );
  });

  it('whatever a path or a header says', async () => {
    const part = text.map((value) => encodeURIComponent(value.toWellFormed()));
    const path = fc.tuple(
      fc.constantFrom('', 'v1/', 'v1/executions/', 'v1/prompts/', 'health/', 'docs/', 'admin/'),
      fc.array(part, { maxLength: 3 }),
    );
    const header = fc.string({ unit: 'binary-ascii' }).map((value) => value.replaceAll(/[^\x20-\x7e]/g, ''));
    await fc.assert(
      fc.asyncProperty(
        path,
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        header,
        async ([start, parts], method, value) => {
          const headers = {
            authorization: `Bearer ${user.apiKey}`,
            'x-request-id': value,
            'content-type': value,
          };
          const answer = await call(`${api.url}/${start}${parts.join('/')}`, { method, headers });
          if (start === 'admin/') expect(answer.status).toBeLessThan(500);
          else expectOrderly(answer);
        },
      ),
      runs,
    );
  });
});
