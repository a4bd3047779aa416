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
  const { code, retryAfterMs } = error;
  const { httpStatus, title, advice, retryable } = catalogue[code];
  if (response.headersSent) return void response.destroy();
  if (httpStatus === 401) response.set('WWW-Authenticate', 'Bearer realm="formaops"');
  if (retryable || retryAfterMs !== undefined) {
    response.set('Retry-After', String(Math.ceil((retryAfterMs ?? 1_000) / 1_000)));
  }
  response
    .status(httpStatus)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: problemType(code),
        title,
        status: httpStatus,
        code,
        detail: error.message === title ? advice : `${error.message}. ${advice}`,
        requestId: response.locals['requestId'],
        ...error.details,
      }),
    );
}

/** Where the code is explained. */
export function problemType(code: ErrorCode): string {
  return `/docs/errors#${code}`;
}
