import type { JsonValue, ValidationType } from '@formaops/core';

/** A config and an output that mean harm, and the verdicts that are right for them. */
export interface HostileCase {
  name: string;
  type: ValidationType;
  config: unknown;
  output: string;
  /** Codes; null for a pass. More than one where it depends on the machine what ends it first. */
  codes: ReadonlyArray<string | null>;
  /** What is to come out where it passes; what a hostile function managed to see. */
  value?: JsonValue;
}

const manyAs = `${'a'.repeat(60)}!`;
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

const schemas: HostileCase[] = [
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

const regex = (name: string, config: unknown, codes: HostileCase['codes'], output = 'abc'): HostileCase => ({
  name: `regex: ${name}`,
  type: 'REGEX',
  config,
  output,
  codes,
});

const regexes: HostileCase[] = [
  ...[
    null,
    [],
    'a',
    7,
    {},
    { pattern: 7 },
    { pattern: null },
    { pattern: ['a'] },
    { pattern: 'a', extra: 1 },
    { pattern: 'a', mustMatch: 1 },
    { pattern: 'a', mustMatch: 'true' },
    { regex: 'a' },
  ].map((config) => regex(`${JSON.stringify(config)} in place of a config`, config, ['REGEX_INVALID'])),
  ...['g', 'y', 'z', 'uv', 'ii', 'I', ' ', 'i,m', '\u0000', 7, null, []].map((flags) =>
    regex(`flags ${JSON.stringify(flags)}`, { pattern: 'a', flags }, ['REGEX_INVALID']),
  ),
  ...['(', ')', '[', '*', '+a', '?', 'a**', '(?<n', '(?<=a', '\\', 'a{2,1}', '[b-a]', '(?<n>a)\\k<m>'].map(
    (pattern) => regex(`pattern ${pattern}`, { pattern }, ['REGEX_INVALID']),
  ),
  regex('a property that does not exist', { pattern: '\\p{Nope}', flags: 'u' }, ['REGEX_INVALID']),
  ...[1_001, 100_000].map((length) =>
    regex(`${length} characters`, { pattern: 'a'.repeat(length) }, ['REGEX_TOO_LONG']),
  ),
  regex('nothing to look for', { pattern: '' }, [null]),
  regex('a million repetitions', { pattern: '(a{1000}){1000}' }, [
    'OUTPUT_PATTERN_MISMATCH',
    'REGEX_INVALID',
    'SANDBOX_TIMEOUT',
  ]),
  regex('a repetition beyond all numbers', { pattern: 'a{99999999999999999999}' }, [
    'OUTPUT_PATTERN_MISMATCH',
    'REGEX_INVALID',
  ]),
  regex('400 groups in one another', { pattern: `${'('.repeat(400)}${')'.repeat(400)}` }, [null]),
  ...[
    '^(a+)+$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '(.*a){25}$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '^(?:a?){60}a{60}b',
    '(?=(a+)+$)b',
    '^(\\w+\\s?)*$',
  ].map((pattern) =>
    regex(`${pattern} without end`, { pattern }, ['SANDBOX_TIMEOUT', 'OUTPUT_PATTERN_MISMATCH'], manyAs),
  ),
  regex('four megabytes', { pattern: 'x$' }, ['OUTPUT_PATTERN_MISMATCH'], 'a'.repeat(4_000_000)),
  regex('what must not be there', { pattern: 'b', mustMatch: false }, ['OUTPUT_PATTERN_MISMATCH']),
  regex('looking back', { pattern: '(?<=a)b(?=c)' }, [null]),
  regex('lone surrogates', { pattern: '\ud800' }, ['OUTPUT_PATTERN_MISMATCH'], '\udc00'),
];

const fn = (
  name: string,
  source: unknown,
  codes: HostileCase['codes'],
  rest: Partial<HostileCase> = {},
): HostileCase => ({
  name: `function: ${name}`,
  type: 'FUNCTION',
  config: { source, timeoutMs: 100, memoryMb: 16 },
  output: '{"a":1}',
  codes,
  ...rest,
});

/** What hostile code would like to have: each answers with its type, or with what it threw. */
const wanted = [
  'process',
  'require',
  'module',
  'exports',
  'global',
  'Buffer',
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'structuredClone',
  'performance',
  'console',
  'WebAssembly',
  'SharedArrayBuffer',
  'Atomics',
  'FinalizationRegistry',
  'Worker',
  'Deno',
  'Bun',
  '__dirname',
  '$262',
  'ivm',
];

const blocked = ['FUNCTION_THREW', 'FUNCTION_BAD_RESULT', 'FUNCTION_ASYNC_UNSUPPORTED'];
const ended = [
  'SANDBOX_TIMEOUT',
  'SANDBOX_OUT_OF_MEMORY',
  'SANDBOX_CRASHED',
  'FUNCTION_THREW',
  'FUNCTION_BAD_RESULT',
  'FUNCTION_REJECTED',
];

const functions: HostileCase[] = [
  ...[
    null,
    [],
    'x',
    7,
    {},
    { source: 7 },
    { source: '' },
    { source: ' ' },
    { source: '()=>true', timeoutMs: 0 },
    { source: '()=>true', timeoutMs: 1e9 },
    { source: '()=>true', timeoutMs: 1.5 },
    { source: '()=>true', timeoutMs: '1' },
    { source: '()=>true', memoryMb: 7 },
    { source: '()=>true', memoryMb: 1e9 },
    { source: '()=>true', env: {} },
    { source: `()=>"${'x'.repeat(70_000)}"` },
  ].map((config) =>
    fn(`${JSON.stringify(config).slice(0, 60)} in place of a config`, '', ['FUNCTION_INVALID'], { config }),
  ),
  ...[
    '() =>',
    '() => {',
    '}',
    '(',
    'a b',
    'function',
    'return true',
    'import fs from "fs"',
    'export default 1',
    'await 1',
    '/*',
    '`',
    '"',
    '()=>true)',
    '()=>true);(()=>true',
    '1];[1',
    '}) ; process.exit(1); ({',
    'let a = 1',
    '//',
    '\u0000',
  ].map((source) => fn(`the source ${JSON.stringify(source)}`, source, ['FUNCTION_INVALID'])),
  fn('6,000 brackets', `${'('.repeat(6_000)}()=>true${')'.repeat(6_000)}`, ['FUNCTION_INVALID', null]),
  ...['42', '"x"', 'null', 'undefined', '({})', '[]', '/a/', 'Symbol()'].map((source) =>
    fn(`${source} is no function`, source, ['FUNCTION_INVALID']),
  ),
  ...[
    'undefined',
    'null',
    '1',
    '""',
    '"true"',
    '[]',
    '({})',
    '({valid:1})',
    '({valid:"true"})',
    '({valid:true,value:()=>1})',
    '({valid:true,value:Symbol()})',
    '({valid:true,value:10n})',
    '({valid:false,errors:{}})',
    '({valid:false,errors:[7]})',
    '({valid:false,errors:[{}]})',
    '(()=>true)',
    'Symbol()',
    '10n',
    '({get valid(){throw 1}})',
    '({valid:true,get value(){throw 1}})',
    'new Proxy({},{get(){throw 1}})',
  ].map((result) => fn(`${result} is no verdict`, `() => ${result}`, ['FUNCTION_BAD_RESULT'])),
  fn('a value that holds itself', '() => { const a = {}; a.a = a; return { valid: true, value: a }; }', [
    'FUNCTION_BAD_RESULT',
  ]),
  fn('a value of a megabyte', '() => ({ valid: true, value: "x".repeat(1e6) })', ['FUNCTION_BAD_RESULT']),
  fn(
    'a value of 5,000 levels',
    '() => { let v = []; for (let i = 0; i < 5000; i++) v = [v]; return { valid: true, value: v }; }',
    ['FUNCTION_BAD_RESULT'],
  ),
  fn('a million errors', '() => ({ valid: false, errors: Array(1e6).fill("x") })', ['FUNCTION_REJECTED']),
  fn('an error of a megabyte', '() => ({ valid: false, errors: ["x".repeat(1e6)] })', ['FUNCTION_REJECTED']),
  fn(
    'errors without end',
    '() => ({ valid: false, errors: new Proxy([], { get: (t, k) => k === "length" ? 1e9 : { message: "x" } }) })',
    ['FUNCTION_REJECTED'],
  ),
  fn('NUL in a value', '() => ({ valid: true, value: "a\\u0000\\ud800" })', [null], {
    value: 'a\uFFFD\uFFFD',
  }),
  ...[
    'async () => true',
    '() => Promise.resolve(true)',
    '() => ({ then() {} })',
    '() => new Promise(() => {})',
  ].map((source) => fn(`${source} is asynchronous`, source, ['FUNCTION_ASYNC_UNSUPPORTED'])),
  ...[
    '"boom"',
    'null',
    'undefined',
    '7',
    'Symbol("x")',
    '{}',
    'new Error("x")',
    'new Proxy({}, {})',
    '{ get message() { while (true); } }',
    '{ toString() { while (true); } }',
    '{ get name() { while (true); }, message: "x" }',
    'Object.defineProperty(new Error("x"), "stack", { get() { while (true); } })',
    'new Error("x".repeat(1e6))',
    'Object.create(null)',
    'new Error("\\u0000\\ud800")',
    '[1]',
    '() => 1',
    '10n',
  ].map((thrown) =>
    fn(`throws ${thrown}`, `() => { throw ${thrown.startsWith('{') ? `(${thrown})` : thrown}; }`, [
      'FUNCTION_THREW',
    ]),
  ),
  ...[
    'while (true);',
    'for (;;) try { for (;;); } catch {}',
    'Promise.resolve().then(() => { while (true); }); return true;',
    'const f = () => Promise.resolve().then(f); f(); return true;',
    '(async () => { while (true) await 0; })(); return true;',
    'return { get valid() { while (true); } };',
    'return { valid: true, value: { toJSON() { while (true); } } };',
    'Object.prototype.toJSON = () => { while (true); }; return { valid: true, value: {} };',
    'return new Proxy({}, { get() { while (true); } });',
    '/^(a+)+$/.test("a".repeat(60) + "!");',
    '[2, 1].sort(() => { while (true); });',
    'throw new Proxy({}, { getOwnPropertyDescriptor() { while (true); } });',
    'Array.prototype.push = () => { while (true); }; [].push(1);',
    'JSON.parse = () => { while (true); }; JSON.parse();',
    'new Function("while (true);")();',
    'eval("while (true);");',
    'const g = (function* () { while (true) yield 1; })(); for (const _ of g);',
    'return 10n ** (10n ** 9n) > 1n;',
    'let n = 3n; while (true) n *= n;',
  ].map((body) =>
    fn(`${body} takes for ever`, `() => { ${body} }`, [
      'SANDBOX_TIMEOUT',
      'SANDBOX_OUT_OF_MEMORY',
      'FUNCTION_THREW',
    ]),
  ),
  ...[
    'const a = []; for (;;) a.push(new Array(1e5).fill(a));',
    'const a = []; for (;;) try { a.push(new Array(1e6)); } catch {}',
    'const a = []; for (;;) a.push(new ArrayBuffer(1e7));',
    'let s = "x"; for (;;) s += s;',
    'return "x".repeat(2 ** 29 - 24).split("").length > 0;',
    'const m = new Map(); for (let i = 0; ; i++) m.set(i, { i });',
    'return Array(5e6).fill(0).map((_, i) => -i).sort().length > 0;',
    'return [].concat(Array(3e7).fill(0)).map(() => ({})).length > 0;',
    'return new Array(2 ** 31).fill("abc").join("x");',
    'return JSON.stringify(Array(1e7).fill("aaaaaaaaaa"));',
    'return JSON.parse("[" + "[],".repeat(3e6) + "1]").length > 0;',
    'return JSON.parse("[".repeat(1e7));',
    'const f = () => f(); f();',
    'const o = {}; for (let i = 0; ; i++) o["k" + i] = i;',
    'return new Uint8Array(2 ** 32).length;',
    'return "a".repeat(1e7).replace(/a/g, "$&".repeat(100)).length > 0;',
    'return Array.from({ length: 1e9 }, () => ({}));',
    'return new Intl.NumberFormat("en", { minimumFractionDigits: 100 }).format(1e308) ** 1;',
    'return "\\u0344".repeat(1e7).normalize("NFD").length > 1e9;',
    'class A { static a = Array(1e9).fill(1); }',
    'return String(Array(1e8));',
  ].map((body) => fn(`${body} fills the memory`, `() => { ${body} }`, ended)),
  fn(
    'looks for what belongs to Node',
    `() => ({ valid: true, value: ${JSON.stringify(wanted)}.map((name) => name + ":" + (typeof globalThis[name])).filter((one) => !one.endsWith(":undefined")) })`,
    [null],
    { value: [] },
  ),
  ...[
    'this.constructor.constructor("return process")()',
    'globalThis.constructor.constructor("return process")()',
    '(0, eval)("process")',
    'new Function("return require(\'fs\')")()',
    'arguments.callee.caller.constructor("return process")()',
    'require("child_process")',
    'process.binding("fs")',
    'process.mainModule.require("fs")',
    'Reflect.construct(Function, ["return process.env"])()',
    'Object.getPrototypeOf(async () => {}).constructor("return process")()',
    '(() => {}).constructor("return globalThis.process.env")()',
    'import.meta',
    'import("node:fs")',
    'globalThis.process.env.HOME',
    '[].constructor.constructor("return fetch(\'http://127.0.0.1\')")()',
    'Error.prepareStackTrace = (e, s) => s[0].getThis().process.env; new Error().stack.HOME.x',
  ].map((expression) =>
    fn(`${expression} finds nothing`, `function () { return ${expression}; }`, [
      ...blocked,
      'FUNCTION_INVALID',
    ]),
  ),
  fn(
    'looks at the frames of its callers',
    '() => { Error.prepareStackTrace = (e, frames) => frames.map((f) => typeof f.getThis()); return { valid: true, value: [].concat(new Error().stack).filter((t) => t !== "undefined").length }; }',
    [null],
    { value: 0 },
  ),
  fn(
    'patches what the verdict is made with',
    '() => { JSON.stringify = () => "{}"; Object.setPrototypeOf = null; String.prototype.substring = () => { throw 1; }; Array.isArray = () => true; return false; }',
    ['FUNCTION_REJECTED'],
  ),
  fn(
    'pretends to have passed',
    '() => { Object.prototype.code = null; Object.prototype.toJSON = () => ({ code: null, errors: {} }); return false; }',
    ['FUNCTION_REJECTED', 'FUNCTION_BAD_RESULT'],
  ),
  fn(
    'freezes everything',
    '() => { for (const key of Object.getOwnPropertyNames(globalThis)) try { Object.freeze(globalThis[key]); Object.freeze(globalThis[key].prototype); } catch {} return true; }',
    [null],
  ),
  fn(
    'leaves something behind',
    '() => { globalThis.left = (globalThis.left ?? 0) + 1; Object.prototype.left = 1; return { valid: true, value: globalThis.left }; }',
    [null],
    { value: 1 },
  ),
  fn(
    'looks for what was left behind',
    '() => { const had = "left" in {}; globalThis.left = 1; Object.prototype.left = 1; return { valid: true, value: had }; }',
    [null],
    { value: false },
  ),
];

export const hostileCases: readonly HostileCase[] = [...schemas, ...regexes, ...functions];
