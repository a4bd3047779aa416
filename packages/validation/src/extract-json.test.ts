import { describe, expect, it } from '@jest/globals';
import { extractJson } from './extract-json.ts';

const fourMegabytesOf = (text: string) => text.repeat(Math.ceil(4_000_000 / text.length));

const brackets = ['{', '[', '[]', '[ ', '[x', '[1 ', '[[1],', '{"a":', '{"a":1}', '["x\n'];
const fences = ['`', '```\n', '```{\n', '```\n1x\n```\n'];
const hostileParts = [...brackets, ...fences, '"', '{"', '{"\\u', '1', ' ', '\n', '\ud800'];

describe('extractJson', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    [' \n[1, 2]\n', [1, 2]],
    ['\uFEFF\u00a0{"a":1}\u00a0', { a: 1 }],
    ['null', null],
    ['42', 42],
    ['"text"', 'text'],
  ])('reads %j as a whole', (text, value) => {
    expect(extractJson(text)).toEqual({ value, extraction: 'whole' });
  });

  it.each([
    ['with a language', '```json\n{"a":1}\n```'],
    ['without a language', '```\n{"a":1}\n```'],
    ['of tildes', '~~~json\n{"a":1}\n~~~'],
    ['with sentences around it', 'Here you are:\n\n```json\n{"a":1}\n```\n\nAnything else?'],
    ['with Windows line ends', 'Sure:\r\n```json\r\n{"a":1}\r\n```\r\n'],
    ['indented in a list', '1. Result:\n\n   ```json\n   {"a":1}\n   ```'],
    ['longer than three', '`````json\n{"a":1}\n`````'],
    ['that is not closed', '```json\n{"a":1}\n'],
    ['after one that is not JSON', '```sh\nnpm install\n```\n\n```json\n{"a":1}\n```'],
    ['after code within a line', '```{"b"```\n```json\n{"a":1}\n```'],
    ['after one that quotes how to open one', '```md\n```js\n```\n\n```json\n{"a":1}\n```'],
    ['before another one', '```json\n{"a":1}\n```\n```json\n{"b":2}\n```'],
  ])('reads a code block %s', (_, text) => {
    expect(extractJson(text)).toEqual({ value: { a: 1 }, extraction: 'fenced' });
  });

  it('reads a code block whose strings hold fences', () => {
    const value = { code: '```js\nlet a;\n```', tilde: '~~~' };
    expect(extractJson(`Look:\n\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``)).toEqual({
      value,
      extraction: 'fenced',
    });
  });

  it.each([
    ['a sentence before', 'The answer is {"a":[1,{"b":"}"}]}'],
    ['a sentence behind', '{"a":[1,{"b":"}"}]} is the answer.'],
    ['brackets in the prose', 'As [the paper] {sic} [1, 2] says: {"a":[1,{"b":"}"}]} (see [3])'],
    ['a bracket that is not closed', ':-[ so {"a":[1,{"b":"}"}]}'],
    ['a check box', '- [x] done, - [ ] open: {"a":[1,{"b":"}"}]}'],
    ['a smaller object', 'From {"x":1} follows {"a":[1,{"b":"}"}]}'],
    ['a fence in the middle of a line', 'So: ```json\n{"a":[1,{"b":"}"}]}```'],
    ['a closing brace too many', '{"a":[1,{"b":"}"}]}}'],
  ])('reads JSON with %s', (_, text) => {
    expect(extractJson(text)).toEqual({ value: { a: [1, { b: '}' }] }, extraction: 'embedded' });
  });

  it('reads the first of two that are equally long', () => {
    expect(extractJson('{"a":1}\n{"b":2}')?.value).toEqual({ a: 1 });
  });

  it.each([
    ['nothing', ''],
    ['prose', 'I am sorry, I cannot do that.'],
    ['a number in prose', 'The answer is 42.'],
    ['a cut off object', '{"items":[{"a":1},{"a":2}'],
    ['a cut off code block', '```json\n{"items":[{"a":1},{"a":2'],
    ['a comma too many', 'Result: {"items":[{"a":1},,{"a":2}]}'],
    ['a comma too many between arrays', 'Result: [[1,2],,[3,4]]'],
    ['a trailing comma', '{"items":[{"a":1}],}'],
    ['a line break within a string', '{"a":"x\ny","b":{"c":1}}'],
    ['an unknown escape', '{"a":"\\x41","b":{"c":1}}'],
    ['a comment', '{"a":1 /* one */,"b":{"c":1}}'],
    ['single quotes', "{'a':1}"],
    ['numbers that JSON does not have', '[01] [.5] [1.] [+1] [NaN] [0x1]'],
  ])('finds nothing, and no fragment, in %s', (_, text) => {
    expect(extractJson(text)).toBeUndefined();
  });

  it('keeps a member named __proto__ as a member', () => {
    const value = extractJson('So: {"__proto__":{"admin":true}}')?.value;
    expect(Object.getOwnPropertyNames(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toEqual(Object.prototype);
  });

  it('comes to an end on a string and a number of 4 MB', () => {
    for (const part of ['x', '1', '\\n']) extractJson(`So: ["${fourMegabytesOf(part)}`);
    extractJson(`So: [${fourMegabytesOf('1')}`);
  });

  it.each(hostileParts)(
    'comes to an end on 4 MB of %j',
    (part) => {
      const text = fourMegabytesOf(part);
      for (const hostile of [text, `x${text}`]) extractJson(hostile);
    },
    30_000,
  );
});
