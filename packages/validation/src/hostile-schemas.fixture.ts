import { type HostileCase, manyAs } from './hostile.fixture.ts';

const nested = (levels: number, open: string, close: string, inner = '{}') =>
  JSON.parse(`${open.repeat(levels)}${inner}${close.repeat(levels)}`);
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));

const schema = (
  name: string,
  config: unknown,
  codes: HostileCase['codes'],
  output = '{"a":1}',
): HostileCase => ({
  name: `schema: ${name}`,
  type: 'SCHEMA',
  config,
  output,
  codes,
});

export const hostileSchemas: HostileCase[] = [
  ...[null, [], 'x', 7, '', [[]]].map((config) =>
    schema(`${JSON.stringify(config)} in place of one`, config, ['SCHEMA_INVALID']),
  ),
  ...['strin', 7, null, [], ['string', 'string'], {}].map((type) =>
    schema(`type ${JSON.stringify(type)}`, { type }, ['SCHEMA_INVALID']),
  ),
  ...[
    'http://169.254.169.254/latest/meta-data',
    'file:///etc/passwd',
    'http://127.0.0.1:6379/',
    '//evil.example/x',
    'other.json',
    'urn:uuid:1',
  ].map(($ref) => schema(`reference to ${$ref}`, { $ref }, ['SCHEMA_REMOTE_REF'])),
  schema('reference to nowhere', { $ref: '#/$defs/x' }, ['SCHEMA_INVALID']),
  schema('dynamic reference to elsewhere', { $dynamicRef: 'http://a/b#c' }, [
    'SCHEMA_REMOTE_REF',
    'SCHEMA_INVALID',
    'SCHEMA_TOO_COMPLEX',
  ]),
  schema('itself', { $ref: '#' }, ['SCHEMA_TOO_COMPLEX']),
  schema(
    'itself by way of another',
    { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
    ['SCHEMA_TOO_COMPLEX'],
  ),
  schema('itself, not', { not: { $ref: '#' } }, ['SCHEMA_TOO_COMPLEX']),
  ...[21, 100, 3_000, 100_000].map((levels) =>
    schema(`${levels} levels`, nested(levels, '{"not":', '}'), ['SCHEMA_TOO_COMPLEX']),
  ),
  schema('20,000 properties', { properties: Object.fromEntries(times(20_000, (i) => [`p${i}`, {}])) }, [
    'SCHEMA_TOO_COMPLEX',
  ]),
  schema('64 kB and more', { description: 'x'.repeat(70_000) }, ['SCHEMA_TOO_COMPLEX']),
  schema('an unknown draft', { $schema: 'http://json-schema.org/draft-03/schema#' }, [
    'SCHEMA_DRAFT_UNSUPPORTED',
  ]),
  schema('a draft that is no text', { $schema: { toString: 1 } }, ['SCHEMA_DRAFT_UNSUPPORTED']),
  schema('$async', { $async: true }, ['SCHEMA_INVALID']),
  schema('$data', { maximum: { $data: '1/a' } }, ['SCHEMA_INVALID']),
  schema('a $data pattern', { pattern: { $data: '1/a' } }, ['SCHEMA_INVALID']),
  schema('an $id twice', { $id: 'http://a/', $defs: { b: { $id: 'http://a/' } } }, ['SCHEMA_INVALID']),
  schema("a meta-schema's $id", { $id: 'https://json-schema.org/draft/2020-12/schema' }, ['SCHEMA_INVALID']),
  ...['(', '[', '(?<n>a)(?<n>b)', 'a{2,1}', '\\', '(?<=', '[z-a]', '\\u{110000}'].map((pattern) =>
    schema(`pattern ${pattern}`, { pattern }, ['SCHEMA_INVALID']),
  ),
  schema('code in a pattern', { pattern: '"+process.exit(1)+"' }, [null]),
  schema('code in a name', { properties: { '"]; process.exit(1); data["': { type: 'string' } } }, [null]),
  schema('code in a required name', { required: ["');process.exit(1);('"] }, ['OUTPUT_SCHEMA_MISMATCH']),
  schema('code in an $id', { $id: 'http://a/`+process.exit(1)+`' }, [null, 'SCHEMA_INVALID']),
  schema('code in a format', { format: '`+process.exit(1)+`' }, [null]),
  schema('code in a constant', { const: '` + process.exit(1) + `' }, ['OUTPUT_SCHEMA_MISMATCH']),
  schema('code in a comment', { $comment: '*/process.exit(1)/*' }, [null]),
  schema('line separators in a name', { properties: { '\u2028\u2029\n': { const: 1 } } }, [null]),
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'].flatMap((name) => [
    schema(`a required ${name}`, { required: [name] }, ['OUTPUT_SCHEMA_MISMATCH']),
    schema(`a property ${name}`, JSON.parse(`{"properties":{"${name}":{"type":"string"}}}`), [null]),
    schema(
      `a definition ${name}`,
      JSON.parse(`{"$defs":{"${name}":{"type":"object"}},"$ref":"#/$defs/${name}"}`),
      [null, 'SCHEMA_INVALID'],
    ),
  ]),
  schema(
    'members that pollute',
    { type: 'object' },
    [null],
    '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}}}',
  ),
  schema('defaults that would change the output', { properties: { b: { default: 1 } }, required: ['b'] }, [
    'OUTPUT_SCHEMA_MISMATCH',
  ]),
  schema(
    '200,000 errors',
    { items: { type: 'string' } },
    ['OUTPUT_SCHEMA_MISMATCH'],
    JSON.stringify(Array(200_000).fill(1)),
  ),
  schema(
    'a pattern without end',
    { properties: { a: { pattern: '^(a+)+$' } } },
    ['SANDBOX_TIMEOUT'],
    JSON.stringify({ a: manyAs }),
  ),
  schema(
    'a name pattern without end',
    { patternProperties: { '^(a|a)*$': {} } },
    ['SANDBOX_TIMEOUT'],
    JSON.stringify({ [manyAs]: 1 }),
  ),
  schema(
    '20,000 objects that must differ',
    { uniqueItems: true },
    ['SANDBOX_TIMEOUT'],
    JSON.stringify(times(20_000, (i) => ({ i, same: 1 }))),
  ),
  schema(
    'references that double',
    {
      $ref: '#/$defs/d0',
      $defs: {
        ...Object.fromEntries(
          times(60, (i) => [
            `d${i}`,
            { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
          ]),
        ),
        d60: { type: 'object' },
      },
    },
    ['SANDBOX_TIMEOUT'],
  ),
  ...[
    '',
    ' ',
    '{',
    '[1,',
    '{"a":}',
    'NaN',
    'undefined',
    "{'a':1}",
    '{"a":1e999}',
    '1e999',
    '\u0000',
    '```json\n{\n```',
    '[{"a":1}',
  ].map((output) => schema(`an output ${JSON.stringify(output)}`, true, ['OUTPUT_NOT_JSON'], output)),
  schema(
    '100,000 levels of output',
    true,
    ['OUTPUT_NOT_JSON'],
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  ),
  schema('a million brackets', true, ['OUTPUT_NOT_JSON'], '['.repeat(1_000_000)),
  schema('a million fences', true, ['OUTPUT_NOT_JSON'], '```\n'.repeat(250_000)),
  schema('a lone surrogate', { const: '\uFFFD' }, [null], '"\\ud800"'),
];
