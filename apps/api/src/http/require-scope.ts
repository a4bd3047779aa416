import { FormaError, type Scope } from '@formaops/core';
import type { RequestHandler } from 'express';
import { callerOf } from './authenticate.ts';

/** Lets through whose key has a scope. For routes behind `authenticate`. Ends with `SCOPE_MISSING`. */
export function requireScope(scope: Scope): RequestHandler {
  return (_request, response, next) => {
    if (!callerOf(response).scopes.includes(scope)) throw scopeMissing(scope);
    next();
  };
}

/** The error for a key that has not this scope. */
export function scopeMissing(scope: Scope): FormaError {
  return new FormaError('SCOPE_MISSING', { message: `The key has not the scope ${scope}` });
}
