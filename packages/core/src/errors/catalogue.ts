import { executionErrors } from './execution-errors.ts';
import { requestErrors } from './request-errors.ts';
import { verdictErrors } from './verdict-errors.ts';
import { webhookErrors } from './webhook-errors.ts';

export type { CatalogueEntry, Fault } from './catalogue-entry.ts';

/**
 * Every error a user can meet, once. Codes never change; titles and advice may.
 * `docs/errors.md` is rendered from this list and compared by a test.
 */
export const catalogue = { ...requestErrors, ...executionErrors, ...verdictErrors, ...webhookErrors };

export type ErrorCode = keyof typeof catalogue;

/** @returns whether `value` is a code of the catalogue; for reading codes back from storage. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(catalogue, value);
}
