import { createHash, timingSafeEqual } from 'node:crypto';
import { FormaError } from '@formaops/core';
import type { RequestHandler } from 'express';

/** Lets through who shows this user and password (RFC 7617). An API key opens nothing here. */
export function basicAuth(user: string, password: string): RequestHandler {
  const expected = digest(`${user}:${password}`);
  return (request, response, next) => {
    const [, encoded] = /^Basic +(\S+)$/i.exec(request.get('authorization') ?? '') ?? [];
    const given = digest(Buffer.from(encoded ?? '', 'base64').toString());
    if (timingSafeEqual(given, expected)) return next();
    response
      .set('WWW-Authenticate', 'Basic realm="FormaOps", charset="UTF-8"')
      .status(401)
      .type('text')
      .send("Sign in with the operator's user and password.\n");
  };
}

/** Digests have one length, so the comparison tells nothing about where texts differ. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Browsers send the operator's password along with requests that other sites cause, so what changes something must
 * come from our own pages. Ends with `CSRF`.
 */
export const sameOriginOnly: RequestHandler = (request, _response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') return next();
  const site = request.get('sec-fetch-site');
  const origin = request.get('origin');
  const isOurs =
    site === undefined
      ? origin !== undefined && hostOf(origin) === request.get('host')
      : site === 'same-origin';
  next(isOurs ? undefined : new FormaError('CSRF'));
};

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
