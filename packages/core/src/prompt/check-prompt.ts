import { promptLimits } from './limits.ts';
import { type ParsedTemplate, parseTemplate } from './template.ts';
import { findVariableProblems, type PromptProblem } from './variable-definitions.ts';
import type { VariableDefinition } from './variables.ts';

/** Something that is allowed and probably not meant. */
export interface PromptWarning {
  pointer: string;
  code: 'VARIABLE_UNUSED';
  detail: string;
}

/** Problems of one kind that are reported at most: finding the line of each takes time, and nobody reads thousands. */
const maxReported = 20;

/**
 * Finds everything that is wrong with what a prompt says, as far as its parts have the form that they should have. What
 * has another form, or is left out, is skipped: it is for the parser of the request to report.
 *
 * @param template a text, or anything.
 * @param variables definitions of variables, or anything.
 * @returns problems with JSON pointers (RFC 6901) into the prompt, in the order of its parts.
 */
export function checkPrompt(template: unknown, variables: unknown): PromptProblem[] {
  const problems = Array.isArray(variables) ? findVariableProblems(variables) : [];
  if (typeof template !== 'string' || template.length > promptLimits.templateChars) return problems;
  if (template.trim() === '') return [emptyTemplate, ...problems];
  const parsed = parseTemplate(template);
  const undeclared = Array.isArray(variables) ? findUndeclared(template, parsed, variables) : [];
  return [...findSyntaxProblems(template, parsed), ...undeclared, ...problems];
}

/** What the author of a prompt without problems should know about it. */
export function warnOfPrompt(template: string, variables: readonly VariableDefinition[]): PromptWarning[] {
  const used = new Set(parseTemplate(template).placeholders.map(({ name }) => name));
  return variables.flatMap(({ name }, index) => (used.has(name) ? [] : [unused(index)]));
}

function findSyntaxProblems(template: string, { strayBraces }: ParsedTemplate): PromptProblem[] {
  return strayBraces.slice(0, maxReported).map((index) => ({
    pointer: '/template',
    code: 'TEMPLATE_SYNTAX',
    detail: `has braces at ${placeOf(template, index)} that are no placeholder: write {{name}}, with letters, digits and _`,
  }));
}

function findUndeclared(
  template: string,
  { placeholders }: ParsedTemplate,
  variables: readonly unknown[],
): PromptProblem[] {
  const seen = new Set(variables.map(nameOf));
  const undeclared = placeholders.filter(({ name }) => {
    const isNew = !seen.has(name);
    seen.add(name);
    return isNew;
  });
  return undeclared.slice(0, maxReported).map(({ name, index }) => ({
    pointer: '/template',
    code: 'VARIABLE_UNDECLARED',
    detail: `uses ${shorten(name)} at ${placeOf(template, index)}, which is not among the variables`,
  }));
}

function nameOf(variable: unknown): unknown {
  return typeof variable === 'object' && variable !== null && 'name' in variable ? variable.name : undefined;
}

function shorten(name: string): string {
  return name.length > promptLimits.variableNameChars
    ? `${name.slice(0, promptLimits.variableNameChars)}…`
    : name;
}

function placeOf(template: string, index: number): string {
  const lines = template.slice(0, index).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}

const emptyTemplate: PromptProblem = {
  pointer: '/template',
  code: 'TEMPLATE_EMPTY',
  detail: 'must not be blank',
};

const unused = (index: number): PromptWarning => ({
  pointer: `/variables/${index}`,
  code: 'VARIABLE_UNUSED',
  detail: 'is not used by the template',
});
