import type { ErrorCode } from '@formaops/core';
import type { Submitted } from '../use-cases/submit-execution.ts';

/** The request header that every submission may have. */
export const idempotencyHeader = {
  'Idempotency-Key':
    'The same key with the same request answers with the execution of the first; 1 to 255 visible ASCII characters, kept for a day',
};

/** What an accepted submission says in its head. */
export const acceptedHeaders = {
  Location: 'Address of the execution',
  'Idempotent-Replayed': '`true` when an earlier request with the same key had submitted it',
};

/** The values of {@link acceptedHeaders}. */
export function locationOf({ execution, isReplay }: Submitted): Record<string, string> {
  return {
    Location: `/v1/executions/${execution.id}`,
    ...(isReplay && { 'Idempotent-Replayed': 'true' }),
  };
}

/** What a submission can end with besides what is wrong with its body. */
export const submitErrors = [
  'NOT_FOUND',
  'PLAN_FORBIDDEN',
  'PROMPT_NOT_PUBLISHED',
  'PROMPT_ARCHIVED',
  'PROMPT_TOO_LONG',
  'PROMPT_EMPTY',
  'BACKLOG_LIMIT',
  'COST_LIMIT',
  'IDEMPOTENCY_KEY_REUSED',
] as const satisfies readonly ErrorCode[];
