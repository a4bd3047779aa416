import { FormaError } from '@formaops/core';
import { findPrompt, listPrompts } from '@formaops/db';
import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import { callerOf } from '../http/authenticate.ts';
import { cursorParameter, limitParameter, toPage } from '../http/cursor.ts';
import { methodNotAllowed } from '../http/error-handler.ts';
import { idOf, routerWithIds } from '../http/id-parameter.ts';
import { parseOrRefuse } from '../http/parse.ts';
import { addValidationRoutes } from './validations.ts';

const listQuery = z.strictObject({ cursor: cursorParameter.optional(), limit: limitParameter });

/** `/v1/prompts` and everything below it. */
export function promptRoutes(deps: ApiDeps): Router {
  const { db } = deps;
  const router = routerWithIds();

  const list = async (request: Request, response: Response) => {
    const { cursor, limit } = parseOrRefuse(listQuery, request.query);
    const after = cursor ? { createdAt: cursor.at, id: cursor.id } : null;
    const found = await listPrompts(db, callerOf(response).userId, after, limit + 1);
    response.json(toPage(found, limit, ({ createdAt, id }) => ({ at: createdAt, id })));
  };

  const read = async (request: Request, response: Response) => {
    const prompt = await findPrompt(db, callerOf(response).userId, idOf(request));
    if (!prompt) throw new FormaError('NOT_FOUND', { message: 'There is no such prompt' });
    response.json(prompt);
  };

  router.route('/').get(list).all(methodNotAllowed('GET', 'HEAD'));
  router.route('/:id').get(read).all(methodNotAllowed('GET', 'HEAD'));
  addValidationRoutes(router, deps);
  return router;
}
