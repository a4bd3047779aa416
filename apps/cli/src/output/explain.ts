import { FormaOpsError } from '@formaops/client';
import { catalogue, isErrorCode } from '@formaops/core';
import { CliError } from '../exit-codes.ts';
import { cleanTerminal } from './clean-terminal.ts';
import { meaningOf } from './describe-reasons.ts';

/** What a person reads of an error: what went wrong, what to do, and how the operator finds the request. */
export function explain(error: unknown): string {
  return cleanTerminal(reasonFor(error));
}

function reasonFor(error: unknown): string {
  if (error instanceof CliError) return error.message;
  if (error instanceof FormaOpsError) return explainAnswer(error);
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function explainAnswer(error: FormaOpsError): string {
  const { code, message } = error;
  // The advice alone would not say what went wrong.
  const isAdvice = isErrorCode(code) && message === catalogue[code].advice;
  const lines = [`${code}: ${isAdvice ? meaningOf(code) : message}`];
  for (const problem of error.errors)
    lines.push(`  ${problem.pointer || '/'}: ${problem.detail} (${problem.code})`);
  if (code === 'NETWORK_ERROR') lines.push(`  ${reasonOf(error.cause)}`, '  formaops doctor tells more.');
  if (error.requestId !== null) lines.push(`  request ${error.requestId}`);
  return lines.join('\n');
}

/** `fetch` says only that it failed; why is in the cause of its error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const code = 'code' in error ? String(error.code) : '';
  return error.message || code;
}

/** The same for scripts. */
export function errorAsJson(error: unknown): object {
  if (!(error instanceof FormaOpsError)) {
    return { error: { code: 'CLI', message: error instanceof Error ? error.message : String(error) } };
  }
  const { code, message, status, requestId, errors } = error;
  return { error: { code, message, status, requestId, ...(errors.length > 0 && { errors }) } };
}
