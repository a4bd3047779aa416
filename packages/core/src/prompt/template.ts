import type { JsonObject, JsonValue } from '../execution/execution.ts';

/**
 * The whole grammar: `{{name}}`, where a name is a letter or `_`, then letters, digits or `_`, and blanks are allowed
 * inside the braces. Everything else is text.
 */
const placeholder = /\{\{[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*\}\}/g;

/** A place in a template where a variable's value goes. */
export interface Placeholder {
  name: string;
  /** Of its first brace in the template. */
  index: number;
}

/** What a template asks for, and where two opening braces begin nothing. */
export interface ParsedTemplate {
  placeholders: Placeholder[];
  /** Indexes of the braces that would reach the model as they are, which is seldom meant. */
  strayBraces: number[];
}

/** Reads a template by the same grammar as {@link renderTemplate}. */
export function parseTemplate(template: string): ParsedTemplate {
  const placeholders: Placeholder[] = [];
  const strayBraces: number[] = [];
  let end = 0;
  const readText = (upTo: number) => {
    const text = template.slice(end, upTo);
    for (let at = text.indexOf('{{'); at >= 0; at = text.indexOf('{{', at + 2)) strayBraces.push(end + at);
  };
  for (const { 0: whole, 1: name = '', index } of template.matchAll(placeholder)) {
    readText(index);
    placeholders.push({ name, index });
    end = index + whole.length;
  }
  readText(template.length);
  return { placeholders, strayBraces };
}

/** The most characters a rendered prompt may have. */
export const maxPromptChars = 1_000_000;

export type Rendered = { ok: true; text: string } | { ok: false; code: 'PROMPT_TOO_LONG' | 'PROMPT_EMPTY' };

/**
 * Renders a template in one pass: a value that itself contains `{{other}}` or `$&` is inserted literally. Strings are
 * inserted as they are, other values as JSON, a variable without a value as nothing.
 *
 * @returns the text, or why it cannot be sent: longer than {@link maxPromptChars} characters, or only blanks.
 */
export function renderTemplate(template: string, inputs: JsonObject): Rendered {
  const parts: string[] = [];
  let length = 0;
  let end = 0;
  for (const match of template.matchAll(placeholder)) {
    const name = match[1] ?? '';
    const value = Object.hasOwn(inputs, name) ? asText(inputs[name]) : '';
    parts.push(template.slice(end, match.index), value);
    length += match.index - end + value.length;
    // A small template can repeat a large value many times: stop before the text exists.
    if (length > maxPromptChars) return { ok: false, code: 'PROMPT_TOO_LONG' };
    end = match.index + match[0].length;
  }
  parts.push(template.slice(end));
  const text = parts.join('');
  if (text.length > maxPromptChars) return { ok: false, code: 'PROMPT_TOO_LONG' };
  return text.trim() === '' ? { ok: false, code: 'PROMPT_EMPTY' } : { ok: true, text };
}

function asText(value: JsonValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
