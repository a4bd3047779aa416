import { maxValues, tooDeep, tooManyValues } from './json-hazards.ts';
import type { RequestProblem } from './problem.ts';

const [quote, backslash] = [0x22, 0x5c];

/** What a byte outside of a string does. */
const kinds = { text: 0, begin: 1, end: 2, member: 3, string: 4 };
const kindOf = new Uint8Array(256);
for (const byte of Buffer.from('[{')) kindOf[byte] = kinds.begin;
for (const byte of Buffer.from(']}')) kindOf[byte] = kinds.end;
for (const byte of Buffer.from(':')) kindOf[byte] = kinds.member;
kindOf[quote] = kinds.string;

/**
 * Finds in the bytes of a JSON document what would take its parser seconds, in which nobody else is answered: six million
 * nested arrays in 12 MB took it two, and 400 MB. Looking takes some milliseconds for each megabyte. What is no JSON is
 * for the parser to refuse.
 *
 * @param maxDepth how deep it may be nested.
 */
export function findJsonWeight(body: Uint8Array, maxDepth: number): RequestProblem | undefined {
  let depth = 0;
  let parts = 0;
  for (let at = 0; at < body.length; at += 1) {
    const kind = kindOf[body[at] ?? 0];
    if (kind === kinds.text) continue;
    if (kind === kinds.string) at = endOfString(body, at);
    if (kind === kinds.begin) depth += 1;
    if (kind === kinds.end) depth -= 1;
    if (kind === kinds.begin || kind === kinds.member) parts += 1;
    if (depth > maxDepth) return tooDeep('');
    if (parts > maxValues) return tooManyValues;
  }
  return undefined;
}

/** @param at its first quotation mark. @returns the place of its last one, or of the end. */
function endOfString(body: Uint8Array, at: number): number {
  let end = at + 1;
  while (end < body.length && body[end] !== quote) end += body[end] === backslash ? 2 : 1;
  return end;
}
