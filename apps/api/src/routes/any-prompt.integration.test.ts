import { variableTypes } from '@formaops/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { greeting, type PromptAnswer, promptClient } from './prompts.fixture.ts';

let api: TestApi;
let client: ReturnType<typeof promptClient>;
beforeAll(async () => {
  api = await startTestApi();
  client = promptClient(api.url, await api.user());
});
afterAll(async () => api[Symbol.asyncDispose]());

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('{{a}}', '{{', 'a', '\0'));
const json = fc.jsonValue({ maxDepth: 2 });
const variable = fc.record(
  {
    name: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('a', 'b', 'c') }, text),
    type: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...variableTypes) }, text),
    required: fc.boolean(),
    defaultValue: fc.oneof(fc.constantFrom<unknown>('x', 1, true, [], {}), json),
    options: fc.array(fc.oneof(fc.constantFrom<unknown>('x', 1, true), json), { maxLength: 2 }),
    description: text,
  },
  { requiredKeys: ['name', 'type'] },
);
const part = <T>(likely: fc.Arbitrary<T>) => fc.oneof({ weight: 9, arbitrary: likely }, json);
const changes = fc.record(
  {
    name: part(text),
    description: part(fc.option(text)),
    template: part(fc.array(text, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))),
    variables: part(fc.array(variable, { maxLength: 3 })),
    tags: part(fc.array(text, { maxLength: 2 })),
    changeLog: part(text),
  },
  { requiredKeys: [] },
);

function expectOrderly({ status, body }: PromptAnswer, good: number): void {
  if (status !== good) expect([status, body.code]).toEqual([422, 'INVALID_REQUEST']);
}

describe('whatever a prompt says', () => {
  it('is refused with its problems, or stored and read as it was answered', async () => {
    await fc.assert(
      fc.asyncProperty(changes, async ({ changeLog: _, ...body }) => {
        const answer = await client.send('POST', '', { ...greeting, ...body });
        expectOrderly(answer, 201);
        if (answer.status !== 201) return;
        const { warnings: _warnings, ...stored } = answer.body;
        const read = await client.read(stored.id);
        expect([read.body, read.etag]).toEqual([stored, answer.etag]);
      }),
      { numRuns: 150 },
    );
  });

  it('changes a prompt to one that could be created so', async () => {
    const { body: first } = await client.create();
    await fc.assert(
      fc.asyncProperty(changes, async (body) => {
        const answer = await client.change(first.id, body);
        expectOrderly(answer, 200);
        if (answer.status !== 200) return;
        const { name, description, template, variables, tags, version } = answer.body;
        const again = await client.send('POST', '', { name, description, template, variables, tags });
        expect(again.status).toBe(201);
        expect(version).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 100 },
    );
  });
});
