import { type Request, type Response, Router } from 'express';
import { methodNotAllowed } from '../http/error-handler.ts';
import type { Operation } from '../http/operation.ts';
import { openApiDocument } from './document.ts';

/** `/openapi.json`: the API as it is here, with the models that may be used here. */
export function openApiRoute(operations: readonly Operation[]): Router {
  let text: string | undefined;
  const show = (_request: Request, response: Response) => {
    // Built when it is asked for: most processes are never asked.
    text ??= JSON.stringify(openApiDocument(operations));
    response.type('json').send(text);
  };
  const router = Router();
  router.route('/').get(show).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}
