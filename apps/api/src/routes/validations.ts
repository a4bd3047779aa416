import { deleteValidation, findValidation, listValidations } from '@formaops/db';
import { type Request, type Response, Router } from 'express';
import type { ApiDeps } from '../api-deps.ts';
import { callerOf } from '../http/authenticate.ts';
import { closedSignal } from '../http/closed-signal.ts';
import { methodNotAllowed } from '../http/error-handler.ts';
import { idOf } from '../http/id-parameter.ts';
import { jsonBody } from '../http/json-body.ts';
import { parseOrRefuse } from '../http/parse.ts';
import {
  changeValidation,
  createValidation,
  findOwnPrompt,
  missing,
  requirePrompt,
} from '../use-cases/save-validation.ts';
import { tryValidation } from '../use-cases/try-validation.ts';
import { changeValidationBody, createValidationBody, tryValidationBody } from './validation-schemas.ts';

/** Adds `/:id/validations` and everything below it to the routes of prompts. */
export function addValidationRoutes(router: Router, deps: ApiDeps): void {
  const list = async (request: Request, response: Response) => {
    const { userId } = callerOf(response);
    const data = await listValidations(deps.db, userId, idOf(request));
    // None, or none of the caller's: an archived prompt can still be looked at.
    if (data.length === 0) await findOwnPrompt(idOf(request), callerOf(response), deps);
    response.json({ data, nextCursor: null });
  };

  const create = async (request: Request, response: Response) => {
    const body = parseOrRefuse(createValidationBody, request.body);
    const saved = await createValidation(idOf(request), body, callerOf(response), deps);
    response
      .location(`/v1/prompts/${idOf(request)}/validations/${saved.id}`)
      .status(201)
      .json(saved);
  };

  const read = async (request: Request, response: Response) => {
    const { userId } = callerOf(response);
    const validation = await findValidation(deps.db, userId, idOf(request), validationIdOf(request));
    if (validation === null) throw missing();
    response.json(validation);
  };

  const change = async (request: Request, response: Response) => {
    const body = parseOrRefuse(changeValidationBody, request.body);
    const caller = callerOf(response);
    response.json(await changeValidation(idOf(request), validationIdOf(request), body, caller, deps));
  };

  const remove = async (request: Request, response: Response) => {
    const caller = callerOf(response);
    await requirePrompt(idOf(request), caller, deps);
    if (!(await deleteValidation(deps.db, caller.userId, idOf(request), validationIdOf(request))))
      throw missing();
    response.status(204).end();
  };

  router
    .route('/:id/validations')
    .get(list)
    .post(jsonBody, create)
    .all(methodNotAllowed('GET', 'HEAD', 'POST'));
  router
    .route('/:id/validations/:validationId')
    .get(read)
    .patch(jsonBody, change)
    .delete(remove)
    .all(methodNotAllowed('GET', 'HEAD', 'PATCH', 'DELETE'));
}

/** `/v1/validations` and everything below it: what belongs to no prompt. */
export function validationRoutes(deps: ApiDeps): Router {
  const router = Router();
  const attempt = async (request: Request, response: Response) => {
    const body = parseOrRefuse(tryValidationBody, request.body);
    response.json(await tryValidation(body, callerOf(response), deps, closedSignal(response)));
  };
  router.route('/try').post(jsonBody, attempt).all(methodNotAllowed('POST'));
  return router;
}

function validationIdOf(request: Request): string {
  return String(request.params['validationId']);
}
