import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../execution/execution.ts';
import { checkPrompt, warnOfPrompt } from './check-prompt.ts';
import { checkInputs, type VariableDefinition, variableTypes } from './variables.ts';

const name = fc.constantFrom('a', 'b', 'c', '_', 'constructor', '__proto__', 'a b', '');
const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>;
const typed: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>('x', 'y', 1, 2, true, false, [1], [2], { k: 1 }, { k: 2 }),
  json,
);
const variable = fc.record(
  {
    name,
    type: fc.constantFrom(...variableTypes),
    required: fc.boolean(),
    defaultValue: typed,
    options: fc.array(typed, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['name', 'type'] },
) as fc.Arbitrary<VariableDefinition>;
const variables = fc.array(variable, { maxLength: 4 });
const template = fc
  .array(fc.oneof(fc.constantFrom('{{a}}', '{{b}}', '{{ c }}', '{', '}}', 'x', '{{', '\n'), fc.string()))
  .map((parts) => parts.join(''));

describe('checkPrompt', () => {
  it('answers for anything at all, with pointers that lead somewhere', () => {
    fc.assert(
      fc.property(fc.oneof(template, json), fc.oneof(variables, json, fc.array(json)), (anyTemplate, all) => {
        const prompt: unknown = { template: anyTemplate, variables: all };
        for (const { pointer } of checkPrompt(anyTemplate, all)) {
          const steps = pointer.slice(1).split('/');
          const found = steps.reduce((value, step) => (value as Record<string, unknown>)[step], prompt);
          expect([pointer, found === undefined]).toEqual([pointer, false]);
        }
      }),
    );
  });

  it('lets nothing pass that would fail later because of the prompt', () => {
    fc.assert(
      fc.property(template, variables, (text, all) => {
        fc.pre(checkPrompt(text, all).length === 0);
        const given = Object.fromEntries(
          all
            .filter(({ defaultValue }) => defaultValue === undefined)
            .map((one) => [one.name, one.options?.[0] ?? sample[one.type]]),
        );
        expect(checkInputs(all, given)).toMatchObject({ ok: true });
      }),
    );
  });

  it('finds in each part what it finds in that part alone', () => {
    fc.assert(
      fc.property(template, variables, (text, all) => {
        const about = (problems: Array<{ pointer: string }>, part: string) =>
          problems.filter(({ pointer }) => pointer.startsWith(part));
        const together = checkPrompt(text, all);
        expect(about(together, '/variables')).toEqual(checkPrompt(undefined, all));
        const syntax = together.filter(({ code }) => code === 'TEMPLATE_SYNTAX' || code === 'TEMPLATE_EMPTY');
        expect(syntax).toEqual(checkPrompt(text, undefined));
      }),
    );
  });

  it('calls each variable undeclared or declared, used or unused', () => {
    fc.assert(
      fc.property(fc.subarray(['a', 'b', 'c']), fc.subarray(['a', 'b', 'c']), (used, declared) => {
        const text = `x${used.map((one) => `{{${one}}}`).join('')}`;
        const all = declared.map((one) => ({ name: one, type: 'string' as const }));
        expect(checkPrompt(text, all)).toHaveLength(used.filter((one) => !declared.includes(one)).length);
        expect(warnOfPrompt(text, all)).toHaveLength(declared.filter((one) => !used.includes(one)).length);
      }),
    );
  });

  it('never repeats a value', () => {
    const secret = 'xyzzy-canary';
    const hidden = fc.constantFrom<JsonValue>(secret, [secret], { [secret]: secret });
    const secretive = fc.record({
      name: fc.constantFrom('a', secret),
      type: fc.constantFrom(...variableTypes),
      defaultValue: hidden,
      options: fc.array(hidden),
    });
    fc.assert(
      fc.property(fc.array(secretive), (all) => {
        expect(JSON.stringify(checkPrompt('{{a}}', all))).not.toContain(secret);
      }),
    );
  });
});

const sample: Record<(typeof variableTypes)[number], JsonValue> = {
  string: 'x',
  number: 1,
  boolean: true,
  array: [],
  object: {},
};
