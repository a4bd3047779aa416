import { cleanText } from '@formaops/core';
import type { ConfigRemark, VerdictError } from './judge.ts';

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

/** Keeps the first 50 remarks about a config, as texts that are short and storable. */
export function toRemarks(reported: readonly unknown[]): ConfigRemark[] {
  return reported.slice(0, maxErrors).map((remark) => {
    const fields: Partial<Record<keyof ConfigRemark, unknown>> = Object(remark);
    return { pointer: toShortText(fields.pointer), message: toShortText(fields.message) };
  });
}

/** What is wrong with a config, in the words of a verdict. */
export function configErrors(problems: readonly ConfigRemark[]): VerdictError[] {
  return toVerdictErrors(
    problems.map(({ pointer, message }) => ({
      instancePath: '',
      schemaPath: `#${pointer}`,
      keyword: '',
      message,
    })),
  );
}

function toShortText(value: unknown): string {
  // Cut first: the cut may part a surrogate pair, which cleaning then mends.
  return typeof value === 'string' ? cleanText(value.slice(0, maxChars)).text : '';
}
