import { FormaError, isFormaError, type Logger } from '@formaops/core';
import { isDatabaseBusy, isDatabaseUnavailable } from '@formaops/db';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { sendProblem } from './problem.ts';

/** Answers every error, ours and everybody else's, in one form; what is unknown is logged whole and shown as its id. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    // Nobody is there to be answered; most likely that is the error.
    if (response.closed) return;
    const known = asFormaError(error);
    logFault(error, known, response, log);
    sendProblem(response, known);
  };
}

/** Nothing here has this address. */
export const notFound: RequestHandler = () => {
  throw new FormaError('NOT_FOUND');
};

/** The address exists, the method does not. */
export function methodNotAllowed(...methods: string[]): RequestHandler {
  return (_request, response) => {
    response.set('Allow', methods.join(', '));
    throw new FormaError('METHOD_NOT_ALLOWED');
  };
}

/** Logs what is not the caller's fault: what is unknown whole. */
export function logFault(error: unknown, known: FormaError, { locals }: Response, log: Logger): void {
  const { requestId } = locals;
  if (known.code === 'INTERNAL') log.error({ err: error, requestId }, 'request failed');
  else if (known.entry.fault === 'system') log.warn({ err: error, requestId }, 'request refused');
}

/** What an error is to the caller; `INTERNAL` when nobody knows. */
export function asFormaError(error: unknown): FormaError {
  if (isFormaError(error)) return error;
  if (isDatabaseUnavailable(error)) {
    const code = isDatabaseBusy(error) ? 'DATABASE_BUSY' : 'DATABASE_UNAVAILABLE';
    return new FormaError(code, { cause: error, retryAfterMs: 2_000 });
  }
  // What is left is thrown by Express before a route is reached: an address that is no valid UTF-8.
  if (error instanceof URIError) return new FormaError('NOT_FOUND');
  return new FormaError('INTERNAL', { cause: error });
}
