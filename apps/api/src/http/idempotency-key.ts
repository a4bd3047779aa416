import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import { headerValues } from './header-values.ts';
import { invalidRequest } from './parse.ts';

export interface Idempotency {
  key: string;
  /** SHA-256 of method, path and body, in hexadecimal: the same key must come with the same request. */
  requestHash: string;
}

/** Any 1 to 255 visible ASCII characters. */
export const keyForm = /^[\x21-\x7e]{1,255}$/;

/**
 * The `Idempotency-Key` of a request whose body has been read; null without one. The name is that of the IETF draft
 * draft-ietf-httpapi-idempotency-key-header; any 1 to 255 visible ASCII characters are taken as they are.
 *
 * @throws FormaError `INVALID_REQUEST`.
 */
export function idempotencyOf(request: Request, response: Response): Idempotency | null {
  const [key, ...others] = headerValues(request, 'idempotency-key');
  if (key === undefined) return null;
  if (!keyForm.test(key) || others.length > 0) throw invalidRequest([badKey]);
  return { key, requestHash: String(response.locals['requestHash']) };
}

const badKey = {
  pointer: '/Idempotency-Key',
  code: 'INVALID_IDEMPOTENCY_KEY',
  detail: 'must be one header of 1 to 255 visible ASCII characters without blanks',
};

/** Of one part of a request with many, which is told from others by its JSON. */
export function idempotencyOfPart(
  key: string | undefined,
  request: string,
  json: string,
): Idempotency | null {
  return key === undefined ? null : { key, requestHash: hash('sha256', `${request}\n${json}`, 'hex') };
}

/** @throws FormaError `INVALID_REQUEST` where a key for the whole request would say nothing about its parts. */
export function refuseIdempotencyKey(request: Request): void {
  if (request.headers['idempotency-key'] !== undefined) throw invalidRequest([keyNotAllowed]);
}

const keyNotAllowed = {
  pointer: '/Idempotency-Key',
  code: 'NOT_ALLOWED_HERE',
  detail: 'must be given for each part of the request',
};

/** Remembers what {@link idempotencyOf} needs of the body while its bytes are there; costs nothing without a key. */
export function noteRequestHash(request: IncomingMessage, response: Response, body: Buffer): void {
  if (request.headers['idempotency-key'] === undefined) return;
  const [path] = originalUrlOf(request).split('?', 1);
  const text = Buffer.concat([Buffer.from(`${request.method} ${path}\n`), body]);
  response.locals['requestHash'] = hash('sha256', text, 'hex');
}

/** Express shortens `url` to what is left of it below the router. */
function originalUrlOf(request: IncomingMessage): string {
  return 'originalUrl' in request ? String(request.originalUrl) : (request.url ?? '/');
}
