import { FormaError, isWellFormedApiKey } from '@formaops/core';
import { type Caller, hashApiKey } from '@formaops/db';
import type { RequestHandler, Response } from 'express';
import type { KnownCallers } from '../background/known-callers.ts';
import { headerValues } from './header-values.ts';

export interface AuthenticateDeps {
  callers: KnownCallers;
  keyUsage: { note(keyId: string): void };
}

/**
 * Lets through who shows an active API key, as `Authorization: Bearer fo_…`. Ends with `UNAUTHENTICATED` without a
 * bearer token and with `INVALID_API_KEY` for every kind of wrong key; a wrong checksum costs no look-up.
 */
export function authenticate({ callers, keyUsage }: AuthenticateDeps): RequestHandler {
  return async (request, response, next) => {
    const key = bearerToken(headerValues(request, 'authorization'));
    const caller = isWellFormedApiKey(key) ? await callers.find(hashApiKey(key)) : null;
    if (!caller) throw new FormaError('INVALID_API_KEY');
    keyUsage.note(caller.keyId);
    response.locals['caller'] = caller;
    next();
  };
}

/** Who sent the request. Only for routes behind {@link authenticate}. */
export function callerOf(response: Response): Caller {
  return response.locals['caller'];
}

/** Two headers count as none: Node would read the first, and something on the way may have read the other. */
function bearerToken([header, ...others]: string[]): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(header ?? '') ?? [];
  if (!token || others.length > 0) throw new FormaError('UNAUTHENTICATED');
  return token;
}
