import type { RequestProblem } from './problem.ts';

/** How deep a body may be nested. */
export const maxDepth = 32;

/** Reported problems at most; a hostile body has as many as it likes. */
const maxProblems = 20;

/** Values of a body at most: looking at more would take too long. */
export const maxValues = 500_000;

/** A value and the way to it. Only for a problem is that spelled out: a body of 1 MB has 400,000 values. */
interface Place {
  value: unknown;
  depth: number;
  key: string;
  /** Null for the whole body. */
  parent: Place | null;
}

/**
 * Finds what is valid JSON and still must not go further: nesting that breaks recursive code and PostgreSQL, keys that
 * reach an object's prototype, characters that PostgreSQL refuses or changes, numbers beyond JavaScript's range.
 * Iterative, because a body of 1 MB can be 500,000 levels deep.
 */
export function findJsonHazards(body: unknown): RequestProblem[] {
  const problems: RequestProblem[] = [];
  let seen = 0;
  const places: Place[] = [{ value: body, depth: 1, key: '', parent: null }];
  for (let place = places.pop(); place && problems.length < maxProblems; place = places.pop()) {
    const { value, depth } = place;
    if (typeof value === 'string') {
      if (!isStorable(value)) problems.push(invalidCharacter(pointerTo(place)));
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value)) problems.push(invalidNumber(pointerTo(place)));
    } else if (typeof value === 'object' && value !== null) {
      if (depth > maxDepth) problems.push(tooDeep(pointerTo(place)));
      else {
        const keys = keysOf(value);
        seen += keys?.length ?? maxValues;
        if (keys === null || seen > maxValues) return [...problems, tooManyValues];
        for (const key of keys) enter(place, key, places, problems);
      }
    }
  }
  return problems;
}

/** Null for an array that is too long: listing its millions of names would take long. */
function keysOf(value: object): string[] | null {
  return Array.isArray(value) && value.length > maxValues ? null : Object.keys(value);
}

function enter(parent: Place, key: string, places: Place[], problems: RequestProblem[]): void {
  if (problems.length >= maxProblems) return;
  const value = (parent.value as Record<string, unknown>)[key];
  const place = { value, depth: parent.depth + 1, key, parent };
  if (!isStorable(key)) problems.push(invalidCharacter(pointerTo(parent)));
  else if (isForbidden(key, value)) problems.push(forbiddenKey(pointerTo(place)));
  else places.push(place);
}

function isForbidden(key: string, value: unknown): boolean {
  if (key === '__proto__') return true;
  return (
    key === 'constructor' && typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
  );
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** RFC 6901; keys are cut, because one can be as long as the body. */
function pointerTo({ key, parent }: Place): string {
  if (!parent) return '';
  return `${pointerTo(parent)}/${key.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

const invalidCharacter = (pointer: string) => ({
  pointer,
  code: 'INVALID_CHARACTER',
  detail: 'must not contain NUL or an unpaired surrogate',
});
const invalidNumber = (pointer: string) => ({
  pointer,
  code: 'INVALID_NUMBER',
  detail: 'must be a finite number',
});
export const tooDeep = (pointer: string) => ({
  pointer,
  code: 'JSON_TOO_DEEP',
  detail: `must not be nested more than ${maxDepth} levels deep`,
});
export const tooManyValues = {
  pointer: '',
  code: 'TOO_MANY_VALUES',
  detail: `must not hold more than ${maxValues} values`,
};
const forbiddenKey = (pointer: string) => ({
  pointer,
  code: 'FORBIDDEN_KEY',
  detail: 'is a key that is not allowed',
});
