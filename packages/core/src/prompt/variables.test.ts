import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '../execution/execution.ts';
import { checkInputs, type VariableDefinition, variableTypes } from './variables.ts';

const oneOfEach: Record<(typeof variableTypes)[number], JsonValue> = {
  string: 'five',
  number: 5,
  boolean: false,
  array: [],
  object: {},
};

describe('checkInputs', () => {
  it.each(variableTypes)('takes a value of type %s where that is asked for, and nothing else', (type) => {
    const definitions: VariableDefinition[] = [{ name: 'v', type }];
    expect(checkInputs(definitions, { v: oneOfEach[type] })).toEqual({
      ok: true,
      inputs: { v: oneOfEach[type] },
    });
    const others = variableTypes.filter((other) => other !== type).map((other) => oneOfEach[other]);
    for (const value of [...others, null]) {
      const problems = [{ pointer: '/v', code: 'VARIABLE_TYPE', detail: `must be of type ${type}` }];
      expect(checkInputs(definitions, { v: value })).toEqual({ ok: false, problems });
    }
  });

  it('converts nothing', () => {
    for (const value of ['5', 'true', '[]']) {
      expect(checkInputs([{ name: 'v', type: 'number' }], { v: value }).ok).toBe(false);
    }
    expect(checkInputs([{ name: 'v', type: 'string' }], { v: '5' })).toEqual({
      ok: true,
      inputs: { v: '5' },
    });
  });

  it('fills in defaults, and leaves out optional variables that have none', () => {
    const definitions: VariableDefinition[] = [
      { name: 'language', type: 'string', required: true, defaultValue: 'typescript' },
      { name: 'hint', type: 'string' },
    ];
    expect(checkInputs(definitions, {})).toEqual({ ok: true, inputs: { language: 'typescript' } });
    expect(checkInputs(definitions, { language: 'go' })).toEqual({ ok: true, inputs: { language: 'go' } });
  });

  it('compares options by content, whatever the order of keys', () => {
    const definitions: VariableDefinition[] = [
      { name: 'size', type: 'object', options: [{ w: 1, h: [{ a: 1, b: 2 }] }] },
    ];
    expect(checkInputs(definitions, { size: { h: [{ b: 2, a: 1 }], w: 1 } }).ok).toBe(true);
    expect(checkInputs(definitions, { size: { w: 1, h: [{ a: 1 }] } })).toMatchObject({
      problems: [{ pointer: '/size', code: 'VARIABLE_OPTION' }],
    });
  });

  it('compares a large value with many options in no time', () => {
    const options = Array.from({ length: 100 }, (_, n) => ({ n }));
    const value = Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`key ${n}`, n]));
    const startedAt = performance.now();
    expect(checkInputs([{ name: 'v', type: 'object', options }], { v: value }).ok).toBe(false);
    // Ten seconds when each was compared by itself.
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('repeats no more of the options than somebody reads', () => {
    const options = Array.from({ length: 100 }, (_, n) => `${'option '.repeat(100)}${n}`);
    const checked = checkInputs([{ name: 'v', type: 'string', options }], { v: 'none of them' });
    expect(JSON.stringify(checked).length).toBeLessThan(700);
    expect(checked).toMatchObject({
      problems: [{ code: 'VARIABLE_OPTION', detail: expect.stringMatching(/^must be one of "option .*…$/) }],
    });
  });

  it('reports every problem at once: first by definition, then the unknown ones', () => {
    const definitions: VariableDefinition[] = [
      { name: 'code', type: 'string', required: true },
      { name: 'lines', type: 'number' },
      { name: 'language', type: 'string', options: ['go', 'python'] },
    ];
    expect(checkInputs(definitions, { language: 'cobol', extra: 1, lines: '5' })).toEqual({
      ok: false,
      problems: [
        { pointer: '/code', code: 'VARIABLE_MISSING', detail: 'is required' },
        { pointer: '/lines', code: 'VARIABLE_TYPE', detail: 'must be of type number' },
        { pointer: '/language', code: 'VARIABLE_OPTION', detail: 'must be one of "go", "python"' },
        { pointer: '/extra', code: 'VARIABLE_UNKNOWN', detail: 'is not a variable of this prompt' },
      ],
    });
  });

  it('points at a name with ~ and / as RFC 6901 says', () => {
    expect(checkInputs([], { 'a/b~c': 1 })).toMatchObject({ problems: [{ pointer: '/a~1b~0c' }] });
  });

  it('takes names of built-in properties for ordinary names', () => {
    const definitions: VariableDefinition[] = [{ name: 'toString', type: 'string', required: true }];
    expect(checkInputs(definitions, {})).toMatchObject({ problems: [{ code: 'VARIABLE_MISSING' }] });
    const checked = checkInputs(
      [{ name: '__proto__', type: 'object' }],
      JSON.parse('{"__proto__":{"admin":true}}'),
    );
    expect(checked.ok && Object.getPrototypeOf(checked.inputs)).toBe(Object.prototype);
  });
});
