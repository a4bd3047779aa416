import type { JsonValue } from '../execution/execution.ts';
import { promptLimits } from './limits.ts';
import { canonical, isAmong, typeOf, type VariableType, variableTypes } from './variables.ts';

/** What is wrong with a template or a definition of a variable. */
export interface PromptProblem {
  /** JSON pointer (RFC 6901) into the prompt, for example `/variables/0/defaultValue`. */
  pointer: string;
  code:
    | 'TEMPLATE_SYNTAX'
    | 'TEMPLATE_EMPTY'
    | 'VARIABLE_UNDECLARED'
    | 'VARIABLE_NAME'
    | 'VARIABLE_DUPLICATE'
    | 'VARIABLES_TOO_LARGE'
    | 'OPTION_TYPE'
    | 'OPTION_DUPLICATE'
    | 'DEFAULT_TYPE'
    | 'DEFAULT_NOT_AN_OPTION';
  /** Never repeats a value. */
  detail: string;
}

/** As placeholders write it. */
const namePattern = new RegExp(`^[A-Za-z_][A-Za-z0-9_]{0,${promptLimits.variableNameChars - 1}}$`);

/** A definition as somebody wrote it: what does not have its form is undefined. */
interface Draft {
  name: string | undefined;
  type: VariableType | undefined;
  defaultValue: JsonValue | undefined;
  options: JsonValue[] | undefined;
}

/** Finds what is wrong with definitions of variables, apart from their form. */
export function findVariableProblems(variables: readonly unknown[]): PromptProblem[] {
  // More than can be stored; the parser refuses them, and looking at each could take long.
  if (variables.length > promptLimits.variables) return [];
  if (JSON.stringify(variables).length > promptLimits.variablesChars) return [tooLarge];
  const names = new Set<string>();
  return variables.map(toDraft).flatMap((draft, index) => {
    const at = `/variables/${index}`;
    return [...nameProblems(draft, at, names), ...optionProblems(draft, at), ...defaultProblems(draft, at)];
  });
}

function toDraft(variable: unknown): Draft {
  const { name, type, defaultValue, options }: Record<string, unknown> = { ...Object(variable) };
  return {
    name: typeof name === 'string' ? name : undefined,
    type: variableTypes.find((known) => known === type),
    // Whatever is here came out of a JSON document.
    defaultValue: defaultValue as JsonValue | undefined,
    options: Array.isArray(options) && options.length <= promptLimits.options ? options : undefined,
  };
}

function nameProblems({ name }: Draft, at: string, taken: Set<string>): PromptProblem[] {
  if (name === undefined) return [];
  // A body with the key `__proto__` is refused, so such a variable could never be given.
  if (!namePattern.test(name) || name === '__proto__') return [badName(`${at}/name`)];
  if (taken.has(name)) return [duplicateName(`${at}/name`)];
  taken.add(name);
  return [];
}

function optionProblems({ type, options = [] }: Draft, at: string): PromptProblem[] {
  const seen = new Set<string>();
  return options.flatMap((option, index) => {
    const pointer = `${at}/options/${index}`;
    if (type !== undefined && typeOf(option) !== type) return [wrongType(pointer, 'OPTION_TYPE', type)];
    const text = canonical(option);
    if (seen.has(text)) return [duplicateOption(pointer)];
    seen.add(text);
    return [];
  });
}

function defaultProblems({ type, defaultValue, options }: Draft, at: string): PromptProblem[] {
  if (defaultValue === undefined) return [];
  const pointer = `${at}/defaultValue`;
  if (type !== undefined && typeOf(defaultValue) !== type) return [wrongType(pointer, 'DEFAULT_TYPE', type)];
  if (options === undefined || isAmong(options, defaultValue)) return [];
  return [{ pointer, code: 'DEFAULT_NOT_AN_OPTION', detail: 'must be one of the options' }];
}

const tooLarge: PromptProblem = {
  pointer: '/variables',
  code: 'VARIABLES_TOO_LARGE',
  detail: `must not take more than ${promptLimits.variablesChars} characters as JSON`,
};
const badName = (pointer: string): PromptProblem => ({
  pointer,
  code: 'VARIABLE_NAME',
  detail: `must be a letter or _, then up to ${promptLimits.variableNameChars - 1} letters, digits or _`,
});
const duplicateName = (pointer: string): PromptProblem => ({
  pointer,
  code: 'VARIABLE_DUPLICATE',
  detail: 'is the name of an earlier variable',
});
const wrongType = (
  pointer: string,
  code: 'OPTION_TYPE' | 'DEFAULT_TYPE',
  type: VariableType,
): PromptProblem => ({ pointer, code, detail: `must be of type ${type}` });
const duplicateOption = (pointer: string): PromptProblem => ({
  pointer,
  code: 'OPTION_DUPLICATE',
  detail: 'is the same as an earlier option',
});
