import { cleanText, type JsonValue } from '@formaops/core';
import { extractJson } from './extract-json.ts';
import type { FoundJson } from './judge.ts';
import { maxJsonDepth } from './scan-json.ts';

/**
 * Reads the JSON of an output as it can be stored: NUL and lone surrogates, which an escape such as `\u0000` brings
 * past any check of the text, become U+FFFD in strings and names.
 *
 * @returns what was found, or one sentence why the output does not count as JSON: none was found, or a number in it is
 * beyond the range of a double and would silently become null.
 */
export function readOutput(output: string): FoundJson | { problem: string } {
  const json = extractJson(output);
  if (json === undefined) return { problem: noJson };
  if (!holdsFiniteNumbers(json.value)) return { problem: 'a number in the output is too large' };
  const mayNeedCleaning = output.includes('\\u') || !output.isWellFormed();
  return mayNeedCleaning ? { ...json, value: cleanJson(json.value) } : json;
}

const noJson = `the output holds no complete JSON of at most ${maxJsonDepth} levels`;

function holdsFiniteNumbers(value: JsonValue): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(holdsFiniteNumbers);
}

/** Replaces what `jsonb` cannot store, in strings and names. */
export function cleanJson(value: JsonValue): JsonValue {
  if (typeof value === 'string') return cleanText(value).text;
  if (Array.isArray(value)) return value.map(cleanJson);
  if (typeof value !== 'object' || value === null) return value;
  // Object.fromEntries defines properties and does not assign them: a member `__proto__` stays one.
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [cleanText(name).text, cleanJson(child)]),
  );
}
