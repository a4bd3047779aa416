import { FormaError } from '@formaops/core';
import type { z } from 'zod';
import type { RequestProblem } from './problem.ts';
import { wordsFor } from './problem-words.ts';

/**
 * Parses a body or a query once; what comes out is trusted.
 *
 * @throws FormaError `INVALID_REQUEST` with every problem.
 */
export function parseOrRefuse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  // The input tells what is missing from what has the wrong type; it goes no further than `codeOf`.
  const parsed = schema.safeParse(value, { reportInput: true, error: wordsFor });
  if (parsed.success) return parsed.data;
  throw invalidRequest(parsed.error.issues.flatMap(toProblems));
}

/** Reported problems at most: a body of 1 MB can have 100,000, and an answer of 9 MB would help nobody. */
const maxProblems = 100;

/** The error for a request with these problems. */
export function invalidRequest(problems: RequestProblem[]): FormaError {
  return new FormaError('INVALID_REQUEST', { details: { errors: problems.slice(0, maxProblems) } });
}

function toProblems(issue: z.core.$ZodIssue): RequestProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerTo([...issue.path, key]),
      code: 'UNKNOWN_FIELD',
      detail: 'is not a field of this request',
    }));
  }
  return [{ pointer: pointerTo(issue.path), code: codeOf(issue), detail: issue.message }];
}

function codeOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'REQUIRED' : 'INVALID_TYPE';
    case 'invalid_value':
      return 'INVALID_ENUM';
    case 'too_small':
    case 'too_big':
      return 'OUT_OF_RANGE';
    case 'custom':
      return typeof issue.params?.['code'] === 'string' ? issue.params['code'] : 'INVALID_VALUE';
    default:
      return 'INVALID_VALUE';
  }
}

/** RFC 6901. */
function pointerTo(path: PropertyKey[]): string {
  return path
    .map((part) => `/${String(part).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
