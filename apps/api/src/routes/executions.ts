import { FormaError, isTerminal } from '@formaops/core';
import { type Caller, type ExecutionDetails, findRevalidation, listExecutions, listLogs } from '@formaops/db';
import type { Request, Response, Router } from 'express';
import type { ApiDeps } from '../api-deps.ts';
import { callerOf } from '../http/authenticate.ts';
import { closedSignal } from '../http/closed-signal.ts';
import { toPage } from '../http/cursor.ts';
import { methodNotAllowed } from '../http/error-handler.ts';
import { idOf, routerWithIds } from '../http/id-parameter.ts';
import { idempotencyOf } from '../http/idempotency-key.ts';
import { bodyBytesOf, jsonBody } from '../http/json-body.ts';
import { parseOrRefuse } from '../http/parse.ts';
import { cancelExecution } from '../use-cases/cancel-execution.ts';
import { readExecution, requireExecution } from '../use-cases/read-execution.ts';
import { revalidateExecution } from '../use-cases/revalidate-execution.ts';
import { newExecutionId, submitExecution } from '../use-cases/submit-execution.ts';
import { listQuery, logsQuery, submitBody, waitQuery } from './execution-schemas.ts';
import { presentDetails, presentExecution, presentSummary } from './present-execution.ts';

/** `/v1/executions` and everything below it. */
export function executionRoutes(deps: ApiDeps): Router {
  const router = routerWithIds();
  const bodySchema = submitBody(deps.models);

  const waitFor = async (id: string, wait: number, caller: Caller, response: Response) => {
    // Before the first look: what ends between the two is noticed.
    using expectation = deps.waiters.expect(id);
    const execution = await readExecution(id, caller, deps);
    if (wait === 0 || isTerminal(execution.status)) return execution;
    await expectation.endedWithin(wait * 1_000, closedSignal(response));
    return readExecution(id, caller, deps);
  };

  const submit = async (request: Request, response: Response) => {
    const { wait } = parseOrRefuse(waitQuery, request.query);
    const body = parseOrRefuse(bodySchema, request.body);
    const caller = callerOf(response);
    const newId = newExecutionId();
    using expectation = wait === 0 ? undefined : deps.waiters.expect(newId);
    const submission = {
      id: newId,
      body,
      bodyBytes: bodyBytesOf(response),
      idempotency: idempotencyOf(request, response),
    };
    const { execution, isReplay } = await submitExecution(submission, caller, deps);
    deps.failpoint('before_response');
    response.location(`/v1/executions/${execution.id}`);
    if (isReplay) response.set('Idempotent-Replayed', 'true');
    if (expectation === undefined) return void response.status(202).json(presentExecution(execution));
    if (isReplay) return void sendDetails(response, await waitFor(execution.id, wait, caller, response), 202);
    await expectation.endedWithin(wait * 1_000, closedSignal(response));
    sendDetails(response, await readExecution(newId, caller, deps), 202);
  };

  const read = async (request: Request, response: Response) => {
    const { wait } = parseOrRefuse(waitQuery, request.query);
    sendDetails(response, await waitFor(idOf(request), wait, callerOf(response), response), 200);
  };

  const list = async (request: Request, response: Response) => {
    const { cursor, limit, ...filter } = parseOrRefuse(listQuery, request.query);
    const after = cursor ? { createdAt: cursor.at, id: cursor.id } : null;
    const found = await listExecutions(deps.db, callerOf(response).userId, filter, after, limit + 1);
    const { data, nextCursor } = toPage(found, limit, ({ createdAt, id }) => ({ at: createdAt, id }));
    response.json({ data: data.map(presentSummary), nextCursor });
  };

  const logs = async (request: Request, response: Response) => {
    const { cursor, limit } = parseOrRefuse(logsQuery, request.query);
    const id = idOf(request);
    await requireExecution(id, callerOf(response), deps);
    const after = cursor ? { timestamp: cursor.at, id: cursor.id } : null;
    const found = await listLogs(deps.db, id, after, limit + 1);
    response.json(toPage(found, limit, ({ timestamp, id: logId }) => ({ at: timestamp, id: logId })));
  };

  const cancel = async (request: Request, response: Response) => {
    const execution = await cancelExecution(idOf(request), callerOf(response), deps);
    response.status(isTerminal(execution.status) ? 200 : 202).json(presentSummary(execution));
  };

  const revalidate = async (request: Request, response: Response) => {
    const caller = callerOf(response);
    const set = await revalidateExecution(idOf(request), caller, deps, closedSignal(response));
    response
      .location(`/v1/executions/${idOf(request)}/revalidations/${set.id}`)
      .status(201)
      .json(set);
  };

  const readRevalidation = async (request: Request, response: Response) => {
    const setId = String(request.params['revalidationId']);
    const set = await findRevalidation(deps.db, callerOf(response).userId, idOf(request), setId);
    if (set === null) throw new FormaError('NOT_FOUND', { message: 'There is no such revalidation' });
    response.json(set);
  };

  router
    .route('/')
    .get(list)
    .post(jsonBody, submit)
    .all(methodNotAllowed('GET', 'HEAD', 'POST'));
  router.route('/:id').get(read).all(methodNotAllowed('GET', 'HEAD'));
  router.route('/:id/logs').get(logs).all(methodNotAllowed('GET', 'HEAD'));
  router
    .route('/:id/revalidations/:revalidationId')
    .get(readRevalidation)
    .all(methodNotAllowed('GET', 'HEAD'));
  router.route('/:id/revalidate').post(revalidate).all(methodNotAllowed('POST'));
  router.route('/:id/cancel').post(cancel).all(methodNotAllowed('POST'));
  return router;
}

function sendDetails(response: Response, execution: ExecutionDetails, unfinishedStatus: 200 | 202): void {
  response.status(isTerminal(execution.status) ? 200 : unfinishedStatus).json(presentDetails(execution));
}
