import { cleanText } from '@formaops/core';
import type { VerdictError } from './judge.ts';

const maxErrors = 50;
const maxChars = 500;

/** Keeps the first 50 of what a validator reports, as texts that are short and storable. */
export function toVerdictErrors(reported: readonly unknown[]): VerdictError[] {
  return reported.slice(0, maxErrors).map((error) => {
    const fields: Partial<Record<keyof VerdictError, unknown>> = Object(error);
    return {
      instancePath: toShortText(fields.instancePath),
      schemaPath: toShortText(fields.schemaPath),
      keyword: toShortText(fields.keyword),
      message: toShortText(fields.message),
    };
  });
}

/** A single error that concerns the validation or the output as a whole. */
export function wholeError(message: string, schemaPath = ''): VerdictError[] {
  return toVerdictErrors([{ instancePath: '', schemaPath, keyword: '', message }]);
}

function toShortText(value: unknown): string {
  // Cut first: the cut may part a surrogate pair, which cleaning then mends.
  return typeof value === 'string' ? cleanText(value.slice(0, maxChars)).text : '';
}
