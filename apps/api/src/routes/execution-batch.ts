import { FormaError, isFormaError } from '@formaops/core';
import type { Response } from 'express';
import type { ApiDeps } from '../api-deps.ts';
import { createUserTurns } from '../background/user-turns.ts';
import { closedSignal } from '../http/closed-signal.ts';
import { logFault } from '../http/error-handler.ts';
import { idempotencyOfPart, refuseIdempotencyKey } from '../http/idempotency-key.ts';
import { maxBodyBytes, refuseHazards } from '../http/json-body.ts';
import { type Operation, operation } from '../http/operation.ts';
import { parseOrRefuse } from '../http/parse.ts';
import { problemOf, retryAfterOf } from '../http/problem.ts';
import { type BatchAnswer, submitBatch } from '../use-cases/submit-batch.ts';
import { newExecutionId, type Submission } from '../use-cases/submit-execution.ts';
import { batchBody, batchBodyShown, batchItem, batchView } from './execution-batch-schemas.ts';
import { presentSummary } from './present-execution.ts';

/** A thousand items of 10 kB, and what is around them. */
const maxBatchBytes = 12_000_000;

/** A batch asks the database up to a hundred things at a time: many at once would keep everybody else from it. */
const turnsOfUser = { atOnce: 2, maxWaiting: 50 };

/** Submitting many executions at once. */
export function executionBatchOperations(deps: ApiDeps): Operation[] {
  const item = batchItem(deps.models);
  const turns = createUserTurns(turnsOfUser);
  return [
    operation(
      {
        method: 'post',
        path: '/v1/executions/batch',
        operationId: 'submitBatch',
        tag: 'Executions',
        summary: 'Submit up to 1,000 executions',
        description:
          'Each is accepted or refused by itself, with the answer that it would get alone. What waits and what is spent is counted by item, requests are counted by batch. The body may have 12 MB, and each item 1 MB. The header `Idempotency-Key` is refused: give each item its own.',
        body: batchBody,
        bodyShown: batchBodyShown(deps.models),
        maxBodyBytes: maxBatchBytes,
        bodyExample: {
          items: [
            {
              promptId: 'demo-prompt-code-reviewer',
              inputs: { language: 'typescript', code: 'const a = 1' },
            },
            {
              promptId: 'demo-prompt-code-reviewer',
              inputs: { language: 'go', code: 'a := 1' },
              idempotencyKey: 'go-1',
            },
          ],
        },
        answers: { 200: { description: 'What became of each', schema: batchView } },
      },
      async ({ body, caller, request, response }) => {
        refuseIdempotencyKey(request);
        using _turn = await turns.take(caller.userId, closedSignal(response));
        const answers = await submitBatch(body.items, (one) => readItem(one, item), caller, deps);
        logFaults(answers, response, deps);
        const data = answers.map((answer) => present(answer, response));
        const accepted = data.filter(({ status }) => status === 202).length;
        return { status: 200, body: { data, accepted, refused: data.length - accepted } };
      },
    ),
  ];
}

/** @throws FormaError as a single submission with this body would be answered. */
function readItem(one: unknown, schema: ReturnType<typeof batchItem>): Submission {
  refuseHazards(one);
  const { idempotencyKey, ...body } = parseOrRefuse(schema, one);
  const json = JSON.stringify(one);
  const bodyBytes = Buffer.byteLength(json);
  if (bodyBytes > maxBodyBytes) throw new FormaError('PAYLOAD_TOO_LARGE');
  const idempotency = idempotencyOfPart(idempotencyKey, 'POST /v1/executions/batch', json);
  return { id: newExecutionId(), body, bodyBytes, idempotency };
}

/** Once each: what the database has may strike a thousand items, and an operator reads of it once. */
function logFaults(answers: readonly BatchAnswer[], response: Response, { log }: ApiDeps): void {
  const faults = new Map(answers.filter(isFormaError).map((known) => [faultOf(known), known]));
  for (const known of faults.values()) logFault(known.cause ?? known, known, response, log);
}

function faultOf({ code, cause }: FormaError): string {
  return `${code} ${cause instanceof Error ? cause.message : ''}`;
}

function present(answer: BatchAnswer, response: Response) {
  if (!isFormaError(answer)) {
    return { status: 202, isReplay: answer.isReplay, execution: presentSummary(answer.execution) };
  }
  const error = problemOf(answer, response);
  return { status: error.status, error, retryAfter: retryAfterOf(answer) };
}
