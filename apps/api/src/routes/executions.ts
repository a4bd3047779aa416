import { FormaError, isTerminal } from '@formaops/core';
import { type Caller, type ExecutionDetails, findRevalidation, listExecutions, listLogs } from '@formaops/db';
import type { Response } from 'express';
import type { ApiDeps } from '../api-deps.ts';
import { closedSignal } from '../http/closed-signal.ts';
import { toPage } from '../http/cursor.ts';
import { idempotencyOf } from '../http/idempotency-key.ts';
import { bodyBytesOf } from '../http/json-body.ts';
import { type Answer, type Operation, operation } from '../http/operation.ts';
import { cancelExecution } from '../use-cases/cancel-execution.ts';
import { readExecution, requireExecution } from '../use-cases/read-execution.ts';
import { revalidateExecution } from '../use-cases/revalidate-execution.ts';
import { newExecutionId, submitExecution } from '../use-cases/submit-execution.ts';
import { listQuery, logsQuery, submitBody, waitQuery } from './execution-schemas.ts';
import { acceptedHeaders, idempotencyHeader, locationOf, submitErrors } from './execution-submission.ts';
import {
  executionDetailsView,
  executionPageView,
  executionSummaryView,
  executionView,
  logPageView,
  revalidationView,
} from './execution-views.ts';
import { presentDetails, presentExecution, presentListed, presentSummary } from './present-execution.ts';

const tag = 'Executions';

/** What can be done with executions. */
export function executionOperations(deps: ApiDeps): Operation[] {
  return [submit(deps), ...readers(deps), cancel(deps), ...revalidations(deps)];
}

function submit(deps: ApiDeps): Operation {
  return operation(
    {
      method: 'post',
      path: '/v1/executions',
      operationId: 'submitExecution',
      tag,
      summary: 'Submit an execution',
      description:
        'Stored before it is answered, and run to an end. With `wait` the answer comes when it has ended, or when the time is over.',
      headers: idempotencyHeader,
      query: waitQuery,
      body: submitBody(deps.models),
      bodyExample: {
        promptId: 'demo-prompt-code-reviewer',
        inputs: { language: 'typescript', code: 'const a = 1' },
      },
      answers: {
        200: {
          description: 'It has ended within `wait`',
          schema: executionDetailsView,
          headers: acceptedHeaders,
        },
        202: {
          description: 'Accepted; with `wait` as detailed as when it is read',
          schema: executionView.or(executionDetailsView),
          headers: acceptedHeaders,
        },
      },
      errors: submitErrors,
    },
    async ({ query: { wait }, body, caller, request, response }) => {
      const newId = newExecutionId();
      using expectation = wait === 0 ? undefined : deps.waiters.expect(newId);
      const submission = {
        id: newId,
        body,
        bodyBytes: bodyBytesOf(response),
        idempotency: idempotencyOf(request, response),
      };
      const submitted = await submitExecution(submission, caller, deps);
      const { execution, isReplay } = submitted;
      deps.failpoint('before_response');
      const headers = locationOf(submitted);
      if (expectation === undefined) return { status: 202, headers, body: presentExecution(execution) };
      if (isReplay) {
        const ended = await waitFor(execution.id, wait, caller, response, deps);
        return { ...detailed(ended, 202), headers };
      }
      await expectation.endedWithin(wait * 1_000, closedSignal(response));
      return { ...detailed(await readExecution(newId, caller, deps), 202), headers };
    },
  );
}

function readers(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'get',
        path: '/v1/executions',
        operationId: 'listExecutions',
        tag,
        summary: 'List executions, newest first',
        query: listQuery,
        answers: { 200: { description: 'A page of them', schema: executionPageView } },
      },
      async ({ query: { cursor, limit, ...filter }, caller }) => {
        const after = cursor ? { createdAt: cursor.at, id: cursor.id } : null;
        const found = await listExecutions(deps.db, caller.userId, filter, after, limit + 1);
        const { data, nextCursor } = toPage(found, limit, ({ createdAt, id }) => ({ at: createdAt, id }));
        return { status: 200, body: { data: data.map(presentListed), nextCursor } };
      },
    ),
    operation(
      {
        method: 'get',
        path: '/v1/executions/{id}',
        operationId: 'getExecution',
        tag,
        summary: 'Read an execution with its attempts and verdicts',
        description: 'With `wait` the answer comes when it has ended, or when the time is over.',
        query: waitQuery,
        answers: { 200: { description: 'The execution', schema: executionDetailsView } },
      },
      async ({ params: { id = '' }, query: { wait }, caller, response }) =>
        detailed(await waitFor(id, wait, caller, response, deps), 200),
    ),
    operation(
      {
        method: 'get',
        path: '/v1/executions/{id}/logs',
        operationId: 'listLogs',
        tag,
        summary: 'Read what happened to an execution, oldest first',
        query: logsQuery,
        answers: { 200: { description: 'A page of log lines', schema: logPageView } },
      },
      async ({ params: { id = '' }, query: { cursor, limit }, caller }) => {
        await requireExecution(id, caller, deps);
        const after = cursor ? { timestamp: cursor.at, id: cursor.id } : null;
        const found = await listLogs(deps.db, id, after, limit + 1);
        const body = toPage(found, limit, ({ timestamp, id: logId }) => ({ at: timestamp, id: logId }));
        return { status: 200, body };
      },
    ),
  ];
}

function cancel(deps: ApiDeps): Operation {
  return operation(
    {
      method: 'post',
      path: '/v1/executions/{id}/cancel',
      operationId: 'cancelExecution',
      tag,
      summary: 'Cancel an execution',
      description: 'Once this was answered it never becomes COMPLETED. Cancelling again changes nothing.',
      answers: {
        200: { description: 'It is CANCELLED', schema: executionSummaryView },
        202: { description: 'It runs; its worker was told to stop', schema: executionSummaryView },
      },
      errors: ['EXECUTION_ALREADY_FINISHED'],
    },
    async ({ params: { id = '' }, caller }) => {
      const execution = await cancelExecution(id, caller, deps);
      return { status: isTerminal(execution.status) ? 200 : 202, body: presentSummary(execution) };
    },
  );
}

function revalidations(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'post',
        path: '/v1/executions/{id}/revalidate',
        operationId: 'revalidateExecution',
        tag,
        summary: "Judge the stored output by the prompt's validations of now",
        description: 'No model is called, and the execution stays as it is.',
        answers: {
          201: {
            description: 'What they say',
            schema: revalidationView,
            headers: { Location: 'Address of the judgement' },
          },
        },
        errors: [
          'EXECUTION_NOT_FINISHED',
          'EXECUTION_REDACTED',
          'EXECUTION_HAS_NO_OUTPUT',
          'PLAN_FORBIDDEN',
          'SANDBOX_UNAVAILABLE',
        ],
      },
      async ({ params: { id = '' }, caller, response }) => {
        const set = await revalidateExecution(id, caller, deps, closedSignal(response));
        const headers = { Location: `/v1/executions/${id}/revalidations/${set.id}` };
        return { status: 201, body: set, headers };
      },
    ),
    operation(
      {
        method: 'get',
        path: '/v1/executions/{id}/revalidations/{revalidationId}',
        operationId: 'getRevalidation',
        tag,
        summary: 'Read a later judgement',
        answers: { 200: { description: 'The judgement', schema: revalidationView } },
      },
      async ({ params: { id = '', revalidationId = '' }, caller }) => {
        const set = await findRevalidation(deps.db, caller.userId, id, revalidationId);
        if (set === null) throw new FormaError('NOT_FOUND', { message: 'There is no such revalidation' });
        return { status: 200, body: set };
      },
    ),
  ];
}

async function waitFor(
  id: string,
  wait: number,
  caller: Caller,
  response: Response,
  deps: ApiDeps,
): Promise<ExecutionDetails> {
  // Before the first look: what ends between the two is noticed.
  using expectation = deps.waiters.expect(id);
  const execution = await readExecution(id, caller, deps);
  if (wait === 0 || isTerminal(execution.status)) return execution;
  await expectation.endedWithin(wait * 1_000, closedSignal(response));
  return readExecution(id, caller, deps);
}

function detailed(execution: ExecutionDetails, unfinishedStatus: 200 | 202): Answer {
  const status = isTerminal(execution.status) ? 200 : unfinishedStatus;
  return { status, body: presentDetails(execution) };
}
