import { describe, expect, it, jest } from '@jest/globals';
import { Ajv2020, type AnySchema } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { generateJson } from './generate-json.ts';
import { SchemaError } from './schema.ts';

/** A slow machine takes long for hundreds of schemas, most of the time in Ajv. */
jest.setTimeout(120_000);

const formatNames = [
  'date-time',
  'date',
  'time',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uuid',
  'duration',
];
const patterns = [
  '^[A-Z]{3}-\\d{2,4}$',
  '^(red|green|blue)+$',
  'x[^a-z]y',
  '^\\w+@\\w+\\.(?:com|org)$',
  '^$|^a*b?$',
];
const name = fc.constantFrom('id', 'name', 'total', 'tags', 'next', 'a/b~c', '');
const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
const fixed = fc.constantFrom<object>(
  {},
  { type: 'boolean' },
  { type: ['integer', 'null'] },
  { type: 'array', uniqueItems: true, minItems: 3, items: { type: 'string', maxLength: 4 } },
  { $ref: '#/$defs/tree' },
  { $ref: '#/$defs/list', description: 'with a sibling' },
);

/** Every random schema may refer to these. */
const $defs = {
  tree: {
    type: 'object',
    properties: { value: { type: 'integer' }, children: { type: 'array', items: { $ref: '#/$defs/tree' } } },
    required: ['value', 'children'],
    additionalProperties: false,
  },
  list: {
    type: 'object',
    properties: { head: true, tail: { anyOf: [{ $ref: '#/$defs/list' }, { type: 'null' }] } },
    required: ['tail'],
  },
};

const length = fc.nat({ max: 12 });
const text = fc.oneof(
  fc
    .tuple(length, length)
    .map(([least, more]) => ({ type: 'string', minLength: least, maxLength: least + more })),
  fc.constantFrom(...formatNames).map((format) => ({ type: 'string', format })),
  fc.constantFrom(...patterns).map((pattern) => ({ type: 'string', pattern })),
);

const numeric = fc
  .record({
    type: fc.constantFrom('integer', 'number'),
    low: fc.integer({ min: -1_000, max: 1_000 }),
    range: fc.integer({ min: 20, max: 100 }),
    multipleOf: fc.constantFrom(undefined, 1, 2, 7, 0.5),
    isExclusive: fc.boolean(),
  })
  .map(({ type, low, range, multipleOf, isExclusive }) => ({
    type,
    ...(isExclusive
      ? { exclusiveMinimum: low, exclusiveMaximum: low + range }
      : { minimum: low, maximum: low + range }),
    ...(multipleOf === undefined ? {} : { multipleOf }),
  }));

function objectOf(schema: fc.Arbitrary<object>, prefix = ''): fc.Arbitrary<object> {
  const key = name.map((word) => `${prefix}${word}`);
  return fc.dictionary(key, schema, { maxKeys: 4 }).chain((properties) =>
    fc.record({
      type: fc.constant('object'),
      properties: fc.constant(properties),
      required: fc.subarray(Object.keys(properties)),
      ...(prefix === '' ? { additionalProperties: fc.oneof(fc.boolean(), schema) } : {}),
    }),
  );
}

function arrayOf(schema: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return fc.record(
    {
      type: fc.constant('array'),
      items: schema,
      prefixItems: fc.array(schema, { minLength: 1, maxLength: 2 }),
      minItems: length,
    },
    { requiredKeys: ['type', 'items'] },
  );
}

/** Random schemas that have a value, of all the keywords that the simulator honours. */
const { solvable } = fc.letrec<{ solvable: object }>((tie) => {
  const inner = tie('solvable');
  return {
    solvable: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'schema' },
      text,
      numeric,
      fixed,
      fc.uniqueArray(scalar, { minLength: 1 }).map((list) => ({ enum: list })),
      scalar.map((value) => ({ const: value })),
      objectOf(inner),
      arrayOf(inner),
      fc.array(inner, { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
      fc.tuple(objectOf(inner, 'left-'), objectOf(inner, 'right-')).map((allOf) => ({ allOf })),
      inner.map((value) => ({
        oneOf: [
          { type: 'object', properties: { kind: { const: 'a' }, value }, required: ['kind'] },
          { type: 'null' },
        ],
      })),
    ),
  };
});

/** Random schemas that may contradict themselves. */
const { anything } = fc.letrec<{ anything: object | boolean }>((tie) => {
  const several = fc.array(tie('anything'), { minLength: 1, maxLength: 3 });
  return {
    anything: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'schema' },
      solvable,
      fc.boolean(),
      fc.record(
        { allOf: several, anyOf: several, oneOf: several, not: tie('anything') },
        { requiredKeys: [] },
      ),
      fc.record({ minimum: fc.integer(), maximum: fc.integer(), maxLength: length, minItems: length }),
      // Ajv 8.20 does not miss a required member without a name where it looks for the first error only.
      fc.record({
        required: fc.uniqueArray(name.filter((text) => text !== '')),
        properties: fc.dictionary(name, tie('anything')),
      }),
    ),
  };
});

/** Ajv knows nothing of the simulator. Formats are judged where the schema cannot ask for two at once. */
const ajv = formats.default(new Ajv2020({ strict: false, allErrors: true }));
const ajvWithoutFormats = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });

function complaints(judge: Ajv2020, schema: AnySchema, value: unknown): unknown {
  const validate = judge.compile(schema);
  return validate(value) ? null : validate.errors;
}

describe('generateJson', () => {
  it('answers every solvable schema with JSON that conforms to it', () => {
    fc.assert(
      fc.property(solvable, (part) => {
        const schema = { ...part, $defs };
        const value: unknown = JSON.parse(JSON.stringify(generateJson(schema)));
        expect(complaints(ajv, schema, value)).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('answers any other schema with JSON that conforms to it, or refuses it', () => {
    fc.assert(
      fc.property(anything, (part) => {
        const schema = { allOf: [part], $defs };
        try {
          const value: unknown = JSON.parse(JSON.stringify(generateJson(schema)));
          expect(complaints(ajvWithoutFormats, schema, value)).toBeNull();
        } catch (error) {
          if (!(error instanceof SchemaError)) throw error;
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same JSON for the same schema', () => {
    fc.assert(
      fc.property(solvable, (part) => {
        const schema = { ...part, $defs };
        expect(generateJson(structuredClone(schema))).toEqual(generateJson(schema));
      }),
      { numRuns: 100 },
    );
  });
});
