import { FormaError } from '@formaops/core';
import { type Request, Router } from 'express';

/** Ids are UUIDs, or words that an operator chose; nothing else reaches SQL. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** A router that answers `NOT_FOUND` for an `:id` or another id that cannot be one. */
export function routerWithIds(): Router {
  const router = Router();
  for (const name of ['id', 'validationId', 'revalidationId']) {
    router.param(name, (_request, _response, next, id: string) => {
      next(idPattern.test(id) ? undefined : new FormaError('NOT_FOUND'));
    });
  }
  return router;
}

/** The `:id` of a route of {@link routerWithIds}. */
export function idOf(request: Request): string {
  return String(request.params['id']);
}
