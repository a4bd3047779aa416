import { FormaError } from '@formaops/core';
import type { Router } from 'express';

/** Ids are UUIDs, or words that an operator chose; nothing else reaches SQL. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Makes a router answer `NOT_FOUND` where one of these parameters cannot be an id. */
export function refuseWrongIds(router: Router, names: Iterable<string>): void {
  for (const name of names) {
    router.param(name, (_request, _response, next, id: string) => {
      next(idPattern.test(id) ? undefined : new FormaError('NOT_FOUND'));
    });
  }
}
