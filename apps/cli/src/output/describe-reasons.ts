import { catalogue, type ErrorCode, isErrorCode } from '@formaops/core';

/** What people are shown at most; `--json` shows all. */
const maxReasons = 10;

/** Why a validation did not pass: a line for each thing that is wrong, or what its code means. */
export function describeReasons(code: string | null, errors: readonly unknown[]): string[] {
  if (errors.length === 0) return isErrorCode(code) ? [meaningOf(code)] : [];
  const lines = errors.slice(0, maxReasons).map(describe);
  const left = errors.length - lines.length;
  return left > 0 ? [...lines, `and ${left} more; --json shows all`] : lines;
}

/** What a code stands for, and what to do. */
export function meaningOf(code: ErrorCode): string {
  const { title, advice } = catalogue[code];
  return `${title}. ${advice}`;
}

/** Where in the output, as a JSON pointer, and what is wrong there. */
function describe(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return JSON.stringify(error);
  return `${'instancePath' in error ? error.instancePath : ''} ${error.message}`.trim();
}
