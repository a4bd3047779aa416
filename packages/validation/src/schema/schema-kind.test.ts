import { describe, expect, it } from '@jest/globals';
import { hashConfig } from '../hash-config.ts';
import type { ConfigCheck } from '../judge.ts';
import type { JudgeResult } from '../sandbox/protocol.ts';
import type { JsonSchema } from './dialects.ts';
import { schemaKind } from './schema-kind.ts';

function judge(config: JsonSchema, output: string, wantsValue = true): JudgeResult {
  const run = { task: 'judge', type: 'SCHEMA', tenantId: 't', configHash: hashConfig(config) } as const;
  return schemaKind.judge({ ...run, config, output, wantsValue }) as JudgeResult;
}

function check(config: JsonSchema) {
  const run = { task: 'check', type: 'SCHEMA', tenantId: 't', configHash: hashConfig(config) } as const;
  return schemaKind.check({ ...run, config }) as ConfigCheck;
}

const passed = (value: unknown) => ({ code: null, extraction: 'whole', errors: [], value });
const draft = (name: string) => ({ $schema: `http://json-schema.org/draft-${name}/schema#` });

describe('schemaKind', () => {
  it('passes with the value that was read', () => {
    expect(judge({ type: 'object', required: ['a'] }, '{"a":1}')).toEqual(passed({ a: 1 }));
  });

  it('leaves the value out when it is not wanted', () => {
    const reply = judge(true, '1', false);
    expect(reply).toEqual({ code: null, extraction: 'whole', errors: [] });
  });

  it('names every mismatch with its places', () => {
    const config = { properties: { a: { type: 'string' }, b: { minimum: 3 } }, required: ['c'] };
    expect(judge(config, 'So: {"a":1,"b":2}')).toEqual({
      code: 'OUTPUT_SCHEMA_MISMATCH',
      extraction: 'embedded',
      errors: [
        {
          instancePath: '',
          schemaPath: '#/required',
          keyword: 'required',
          message: "must have required property 'c'",
        },
        { instancePath: '/a', schemaPath: '#/properties/a/type', keyword: 'type', message: 'must be string' },
        {
          instancePath: '/b',
          schemaPath: '#/properties/b/minimum',
          keyword: 'minimum',
          message: 'must be >= 3',
        },
      ],
    });
  });

  it('says OUTPUT_NOT_JSON and why', () => {
    expect(judge(true, 'Sorry.')).toMatchObject({
      code: 'OUTPUT_NOT_JSON',
      extraction: 'none',
      errors: [{ message: 'the output holds no complete JSON of at most 512 levels' }],
    });
  });

  it('finds fault with the schema before the output', () => {
    expect(judge({ type: 'strin' }, 'Sorry.').code).toBe('SCHEMA_INVALID');
  });

  it('lets a boolean schema accept or refuse everything', () => {
    expect(judge(true, 'null')).toEqual(passed(null));
    expect(judge(false, 'null')).toMatchObject({
      code: 'OUTPUT_SCHEMA_MISMATCH',
      errors: [{ keyword: 'false schema' }],
    });
  });

  it.each<[string, JsonSchema, string, string]>([
    ['2020-12', { prefixItems: [{ type: 'string' }] }, '["x"]', '[1]'],
    [
      '2019-09',
      { $schema: 'https://json-schema.org/draft/2019-09/schema', unevaluatedItems: false },
      '[]',
      '[1]',
    ],
    ['07', { ...draft('07'), if: { type: 'number' }, else: { minLength: 2 } }, '"xy"', '"x"'],
    ['06', { ...draft('06'), contains: { const: 1 } }, '[1]', '[2]'],
    ['04', { ...draft('04'), maximum: 3, exclusiveMaximum: true }, '2', '3'],
  ])('judges by draft %s', (_, config, good, bad) => {
    expect(judge(config, good).code).toBeNull();
    expect(judge(config, bad).code).toBe('OUTPUT_SCHEMA_MISMATCH');
  });

  it('asserts formats and ignores keywords and formats that are not known', () => {
    const config = { properties: { a: { format: 'date-time' } }, format: 'never-heard-of', 'x-mine': 1 };
    expect(judge(config, '{"a":"2024-02-29T00:00:00Z"}').code).toBeNull();
    expect(judge(config, '{"a":"2023-02-29T00:00:00Z"}').errors).toMatchObject([{ keyword: 'format' }]);
  });

  it('judges the output as it is: nothing is coerced, filled in or removed', () => {
    const config = {
      properties: { a: { type: 'number', default: 1 }, b: { default: 2 } },
      additionalProperties: true,
    };
    expect(judge(config, '{"a":"1"}').code).toBe('OUTPUT_SCHEMA_MISMATCH');
    expect(judge({ ...config, additionalProperties: {} }, '{"a":3,"c":4}')).toEqual(passed({ a: 3, c: 4 }));
  });

  it('takes $data for what it is, a part of the schema', () => {
    expect(judge({ properties: { a: { const: { $data: '1/b' } } } }, '{"a":1,"b":1}').code).toBe(
      'OUTPUT_SCHEMA_MISMATCH',
    );
    expect(judge({ properties: { a: { maximum: { $data: '1/b' } } } }, '{"a":1,"b":1}').code).toBe(
      'SCHEMA_INVALID',
    );
  });

  it('does not take what every object inherits for a member', () => {
    expect(judge({ required: ['constructor'] }, '{}').code).toBe('OUTPUT_SCHEMA_MISMATCH');
    expect(judge({ properties: { constructor: { type: 'string' } } }, '{}').code).toBeNull();
  });

  it('keeps a member named __proto__ as a member', () => {
    const reply = judge(
      { type: 'object', additionalProperties: { type: 'object' } },
      '{"__proto__":{"admin":true}}',
    );
    expect(JSON.stringify(reply.value)).toBe('{"__proto__":{"admin":true}}');
    expect(judge({ additionalProperties: false }, '{"__proto__":1}').code).toBe('OUTPUT_SCHEMA_MISMATCH');
  });

  it('judges what is stored: NUL is replaced before', () => {
    expect(judge({ const: 'a\uFFFD' }, '"a\\u0000"')).toEqual(passed('a\uFFFD'));
  });

  it.each<[string, JsonSchema, string, string, RegExp]>([
    [
      'an unknown type',
      { properties: { a: { type: 'strin' } } },
      'SCHEMA_INVALID',
      '/properties/a/type',
      /^must be one of array, boolean, .*string$/,
    ],
    [
      'an unknown draft',
      { $schema: 'http://json-schema.org/draft-03/schema#' },
      'SCHEMA_DRAFT_UNSUPPORTED',
      '/$schema',
      /2020-12/,
    ],
    ['a pattern that is none', { items: { pattern: '(' } }, 'SCHEMA_INVALID', '/items/pattern', /ECMA-262/],
    [
      'a name pattern that is none',
      { patternProperties: { '(/': {} } },
      'SCHEMA_INVALID',
      '/patternProperties/(~1',
      /ECMA-262/,
    ],
    [
      'a reference to elsewhere',
      { not: { $ref: 'http://169.254.169.254/latest' } },
      'SCHEMA_REMOTE_REF',
      '/not/$ref',
      /ever fetched/,
    ],
    [
      'a reference to a neighbour of its $id',
      { $id: 'http://a/b', $ref: 'c.json' },
      'SCHEMA_REMOTE_REF',
      '/$ref',
      /ever fetched/,
    ],
    ['a reference to nowhere', { $ref: '#/$defs/a' }, 'SCHEMA_INVALID', '/$ref', /nowhere/],
    [
      'an $id that is used twice',
      { $id: 'a', $defs: { b: { $id: 'a' } } },
      'SCHEMA_INVALID',
      '',
      /already exists/,
    ],
    [
      'the $id of a meta-schema',
      { $id: 'https://json-schema.org/draft/2020-12/schema' },
      'SCHEMA_INVALID',
      '',
      /already exists/,
    ],
    ['an asynchronous schema', { $async: true }, 'SCHEMA_INVALID', '/$async', /not supported/],
    ['a reference to itself', { $ref: '#' }, 'SCHEMA_TOO_COMPLEX', '', /without end/],
    [
      'a loop of references',
      { $ref: '#/$defs/a', $defs: { a: { allOf: [{ $ref: '#' }] } } },
      'SCHEMA_TOO_COMPLEX',
      '',
      /without end/,
    ],
  ])('refuses %s and says where', (_, config, code, pointer, message) => {
    const judged = judge(config, '{"a":1}');
    expect(judged.code).toBe(code);
    expect(judged.errors[0]).toMatchObject({
      schemaPath: `#${pointer}`,
      message: expect.stringMatching(message),
    });
  });

  it.each<[JsonSchema, string]>([
    [{ type: 'strin' }, 'SCHEMA_INVALID'],
    [{ $ref: 'http://a/' }, 'SCHEMA_REMOTE_REF'],
    [{ maximum: { $data: '1/b' } }, 'SCHEMA_INVALID'],
  ])('refuses %j before it is stored', (config, code) => {
    expect(check(config)).toEqual({
      code,
      problems: expect.arrayContaining([expect.anything()]),
      warnings: [],
    });
  });

  it('warns of what nobody knows, where a schema stands, and refuses none of it', () => {
    const config = {
      'x-mine': 1,
      exampels: [],
      properties: {
        id: { type: 'string', format: 'colour', nullable: true },
        enum: { const: { unknown: 1 } },
      },
    };
    const warnings = [
      { pointer: '/exampels' },
      { pointer: '/properties/id/format' },
      { pointer: '/properties/id/nullable' },
    ];
    expect(check(config)).toMatchObject({ code: null, problems: [], warnings });
    expect(
      check({ ...draft('07'), $ref: '#/definitions/a', minimum: 1, definitions: { a: {} } }).warnings,
    ).toEqual([{ pointer: '/minimum', message: 'stands beside a $ref, and draft 07 ignores it there' }]);
  });

  it('obeys no keyword that only Ajv knows', () => {
    expect(judge({ type: 'string', nullable: true }, 'null').code).toBe('OUTPUT_SCHEMA_MISMATCH');
    expect(judge({ ...draft('07'), id: 7, type: 'string' }, '"x"').code).toBeNull();
  });

  it.each<[string, JsonSchema]>([
    ['2020-12', { $ref: 'https://json-schema.org/draft/2020-12/schema' }],
    ['07', { ...draft('07'), $ref: 'http://json-schema.org/draft-07/schema#' }],
    ['04', { ...draft('04'), $ref: 'http://json-schema.org/draft-04/schema#' }],
  ])('knows the meta-schema of draft %s, so that an output may have to be a schema', (_, config) => {
    expect(judge(config, '{"type":"string"}').code).toBeNull();
    expect(judge(config, '{"type":"strin"}').code).toBe('OUTPUT_SCHEMA_MISMATCH');
  });

  it('gives every schema an Ajv of its own, so that equal $ids do not meet', () => {
    expect(judge({ $id: 'same', type: 'string' }, '"x"').code).toBeNull();
    expect(judge({ $id: 'same', type: 'number' }, '1').code).toBeNull();
  });

  it('keeps the first 50 of 200,000 errors', () => {
    const reply = judge({ items: { type: 'string' } }, JSON.stringify(Array(200_000).fill(1)));
    expect(reply.errors).toHaveLength(50);
    expect(reply.errors[49]?.instancePath).toBe('/49');
  });

  it('looks for the first error only in an output of more than 512 kB', () => {
    const reply = judge({ items: { type: 'string' } }, JSON.stringify(Array(300_000).fill(1)));
    expect(reply).toMatchObject({ code: 'OUTPUT_SCHEMA_MISMATCH', errors: [{ instancePath: '/0' }] });
    expect(reply.errors).toHaveLength(1);
  });

  it('judges right again after more schemas than it remembers', () => {
    for (let wanted = 0; wanted < 250; wanted++) {
      expect(judge({ const: wanted % 125 }, `${wanted % 125}`).code).toBeNull();
      expect(judge({ const: wanted % 125 }, '-1').code).toBe('OUTPUT_SCHEMA_MISMATCH');
    }
  });
});
