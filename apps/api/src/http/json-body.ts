import { isUtf8 } from 'node:buffer';
import { FormaError, isFormaError } from '@formaops/core';
import express, { type RequestHandler, type Response } from 'express';
import { noteRequestHash } from './idempotency-key.ts';
import { findJsonHazards, maxDepth } from './json-hazards.ts';
import { findJsonWeight } from './json-weight.ts';
import { invalidRequest } from './parse.ts';

/** The largest body in bytes. */
export const maxBodyBytes = 1_000_000;

const mediaType = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** Larger bodies are looked at before they are parsed; a smaller one cannot take its parser long. */
const lightBytes = 100_000;

/** Levels of a large body around its parts: a list in an object. */
const levelsAround = 2;

const parserOf = (limit: number, maxDepth: number) =>
  express.json({
    limit,
    inflate: false,
    strict: false,
    type: () => true,
    verify(request, response, body) {
      // The decoder would change what is no UTF-8 without a word.
      if (!isUtf8(body)) throw new TypeError('the body is not UTF-8');
      const problem = body.length > lightBytes ? findJsonWeight(body, maxDepth) : undefined;
      if (problem) throw invalidRequest([problem]);
      (response as Response).locals['bodyBytes'] = body.length;
      noteRequestHash(request, response as Response, body);
    },
  });

/**
 * Reads a JSON body. Ends with `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE`, `INVALID_JSON`, or `INVALID_REQUEST`
 * for what is JSON but would do harm further in.
 */
export const jsonBody: RequestHandler = reader(parserOf(maxBodyBytes, maxDepth), errorForHazards);

/**
 * As {@link jsonBody}, for more bytes. Looks for nothing that would do harm: that would take a second in which nobody else
 * is answered, so the handler does it part by part, with {@link refuseHazards}.
 */
export function largeJsonBody(maxBytes: number): RequestHandler {
  return reader(parserOf(maxBytes, levelsAround + maxDepth), () => undefined);
}

function reader(parse: RequestHandler, findError: (body: unknown) => FormaError | undefined): RequestHandler {
  return (request, response, next) => {
    if (!mediaType.test(request.get('content-type') ?? '')) throw new FormaError('UNSUPPORTED_MEDIA_TYPE');
    parse(request, response, (error: unknown) => {
      next(error ? bodyError(error) : findError(request.body));
    });
  };
}

/** @throws FormaError `INVALID_REQUEST` for JSON that would do harm further in. */
export function refuseHazards(body: unknown): void {
  const error = errorForHazards(body);
  if (error) throw error;
}

function errorForHazards(body: unknown): FormaError | undefined {
  const errors = findJsonHazards(body);
  return errors.length > 0 ? new FormaError('INVALID_REQUEST', { details: { errors } }) : undefined;
}

/** As {@link jsonBody}; no body at all is taken for an empty object. */
export const optionalJsonBody: RequestHandler = (request, response, next) => {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (encoding !== undefined || length !== '0') return void jsonBody(request, response, next);
  request.body = {};
  noteRequestHash(request, response, Buffer.alloc(0));
  next();
};

/** How many bytes the body had that {@link jsonBody} read. */
export function bodyBytesOf(response: Response): number {
  return response.locals['bodyBytes'];
}

/** Looks at the kinds of body-parser's errors, which are part of its interface. */
function bodyError(error: unknown): FormaError {
  if (isFormaError(error)) return error;
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
  switch (type) {
    case 'entity.too.large':
      return new FormaError('PAYLOAD_TOO_LARGE', { cause: error });
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new FormaError('UNSUPPORTED_MEDIA_TYPE', { cause: error });
    case 'entity.parse.failed':
    case 'entity.verify.failed':
    case 'request.size.invalid':
    case 'request.aborted':
      return new FormaError('INVALID_JSON', { cause: error });
    default:
      return new FormaError('INTERNAL', { cause: error });
  }
}
