import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../execution/execution.ts';
import { checkInputs, type VariableDefinition, variableTypes } from './variables.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd/e', '~f', 'constructor');
const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>;
const inputs = fc.dictionary(name, json, { noNullPrototype: true }) as fc.Arbitrary<JsonObject>;
const definition: fc.Arbitrary<VariableDefinition> = fc.record(
  {
    name,
    type: fc.constantFrom(...variableTypes),
    required: fc.boolean(),
    options: fc.array(json, { maxLength: 2 }),
  },
  { requiredKeys: ['name', 'type'] },
);
const definitions = fc.uniqueArray(definition, { selector: (one) => one.name });

describe('checkInputs', () => {
  it('finds all problems that each variable alone would have', () => {
    fc.assert(
      fc.property(definitions, inputs, (all, given) => {
        const checked = checkInputs(all, given);
        const alone = all.flatMap((one) => {
          const own = Object.hasOwn(given, one.name) ? { [one.name]: given[one.name] ?? null } : {};
          const result = checkInputs([one], own);
          return result.ok ? [] : result.problems;
        });
        const unknown = Object.keys(given).filter((key) => !all.some((one) => one.name === key));
        expect(checked.ok ? [] : checked.problems.slice(0, alone.length)).toEqual(alone);
        expect(checked.ok ? 0 : checked.problems.length).toBe(alone.length + unknown.length);
      }),
    );
  });

  it('never repeats a value that was sent', () => {
    const secret = 'xyzzy-canary';
    const hidden = fc.constantFrom<JsonValue>(secret, [secret], { [secret]: secret }, { deep: [[secret]] });
    fc.assert(
      fc.property(definitions, fc.dictionary(name, hidden, { noNullPrototype: true }), (all, given) => {
        const checked = checkInputs(all, given);
        if (!checked.ok) expect(JSON.stringify(checked.problems)).not.toContain(secret);
      }),
    );
  });

  it('changes no value: what passes is what was given', () => {
    fc.assert(
      fc.property(definitions, inputs, (all, given) => {
        const checked = checkInputs(all, given);
        if (checked.ok) expect(checked.inputs).toEqual(given);
      }),
    );
  });
});
