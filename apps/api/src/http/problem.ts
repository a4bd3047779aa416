import { catalogue, type ErrorCode, type FormaError } from '@formaops/core';
import type { Response } from 'express';

/** One problem with a request. */
export interface RequestProblem {
  /** JSON pointer (RFC 6901) into the body, or `/name` of a query parameter. */
  pointer: string;
  code: string;
  /** Never repeats the value that was sent. */
  detail: string;
}

/** Answers with an RFC 9457 problem document. Everything about the code comes from the catalogue. */
export function sendProblem(response: Response, error: FormaError): void {
  const problem = problemOf(error, response);
  if (response.headersSent) return void response.destroy();
  if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer realm="formaops"');
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== null) response.set('Retry-After', String(retryAfter));
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** The problem document of an error, for the request that is answered. */
export function problemOf({ code, message, details }: FormaError, response: Pick<Response, 'locals'>) {
  const { httpStatus, title, advice } = catalogue[code];
  return {
    type: problemType(code),
    title,
    status: httpStatus,
    code,
    detail: message === title ? advice : `${message}. ${advice}`,
    requestId: String(response.locals['requestId']),
    ...details,
  };
}

/** After how many seconds the same may succeed; null where it will not. */
export function retryAfterOf({ code, retryAfterMs }: FormaError): number | null {
  if (!catalogue[code].retryable && retryAfterMs === undefined) return null;
  return Math.ceil((retryAfterMs ?? 1_000) / 1_000);
}

/** Where the code is explained. */
export function problemType(code: ErrorCode): string {
  return `/docs/errors#${code}`;
}
