import type { JsonObject, JsonValue } from '../execution/execution.ts';

export const variableTypes = ['string', 'number', 'boolean', 'array', 'object'] as const;
export type VariableType = (typeof variableTypes)[number];

/** One variable of a prompt, as `prompts.variables` stores it. */
export interface VariableDefinition {
  name: string;
  type: VariableType;
  required?: boolean;
  defaultValue?: JsonValue;
  /** The only values allowed. */
  options?: JsonValue[];
  description?: string;
}

export interface InputProblem {
  /** JSON pointer (RFC 6901) into the inputs, for example `/language`. */
  pointer: string;
  code: 'VARIABLE_MISSING' | 'VARIABLE_UNKNOWN' | 'VARIABLE_TYPE' | 'VARIABLE_OPTION';
  /** Never repeats the value that was sent. */
  detail: string;
}

export type CheckedInputs = { ok: true; inputs: JsonObject } | { ok: false; problems: InputProblem[] };

/**
 * Checks inputs against the definitions and fills in defaults. Nothing is converted: `"5"` is no number.
 *
 * @returns the inputs with defaults, or every problem at once, in the order of the definitions.
 */
export function checkInputs(definitions: VariableDefinition[], inputs: JsonObject): CheckedInputs {
  const known = new Set(definitions.map((definition) => definition.name));
  const problems: InputProblem[] = [];
  const checked: Array<[string, JsonValue]> = [];
  for (const definition of definitions) {
    const value = Object.hasOwn(inputs, definition.name) ? inputs[definition.name] : definition.defaultValue;
    if (value === undefined) {
      if (definition.required) problems.push(missing(definition));
      continue;
    }
    const problem = problemWith(definition, value);
    if (problem) problems.push(problem);
    else checked.push([definition.name, value]);
  }
  for (const name of Object.keys(inputs)) if (!known.has(name)) problems.push(unknown(name));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, inputs: Object.fromEntries(checked) };
}

function problemWith(definition: VariableDefinition, value: JsonValue): InputProblem | undefined {
  const pointer = pointerTo(definition.name);
  if (typeOf(value) !== definition.type) {
    return { pointer, code: 'VARIABLE_TYPE', detail: `must be of type ${definition.type}` };
  }
  if (definition.options && !isAmong(definition.options, value)) {
    return { pointer, code: 'VARIABLE_OPTION', detail: `must be one of ${listed(definition.options)}` };
  }
  return undefined;
}

/** Characters of options that a problem repeats: together they may be as long as a book, and a batch has a thousand items. */
const maxListedChars = 500;

function listed(options: readonly JsonValue[]): string {
  const all = options.map((option) => JSON.stringify(option)).join(', ');
  return all.length > maxListedChars ? `${all.slice(0, maxListedChars).toWellFormed()}…` : all;
}

function missing(definition: VariableDefinition): InputProblem {
  return { pointer: pointerTo(definition.name), code: 'VARIABLE_MISSING', detail: 'is required' };
}

function unknown(name: string): InputProblem {
  return { pointer: pointerTo(name), code: 'VARIABLE_UNKNOWN', detail: 'is not a variable of this prompt' };
}

/** RFC 6901: `~` and `/` are escaped. */
function pointerTo(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** @returns which type of variable a value belongs to. */
export function typeOf(value: JsonValue): VariableType | 'null' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object';
}

/**
 * Objects compare by content, whatever the order of their keys. Only what is as long as the value as JSON can be the same:
 * sorting the keys of a value of 1 MB takes tenths of a second, and for each of a hundred options ten seconds.
 */
export function isAmong(options: readonly JsonValue[], value: JsonValue): boolean {
  const { length } = JSON.stringify(value);
  const similar = options.filter((option) => JSON.stringify(option).length === length);
  if (similar.length === 0) return false;
  const text = canonical(value);
  return similar.some((option) => canonical(option) === text);
}

/** @returns the same text for values that are the same but for the order of keys. */
export function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_key, part: JsonValue) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
