import { type ExecutionSummary, FormaError } from '@formaops/core';
import { type Caller, redactExecution as redact } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { noSuchExecution } from './read-execution.ts';

/**
 * Removes the content of an execution that has ended; what it cost stays. Again changes nothing. Ends with `NOT_FOUND`
 * or `EXECUTION_NOT_FINISHED`.
 */
export async function redactExecution(
  id: string,
  { userId }: Caller,
  { db }: Pick<ApiDeps, 'db'>,
): Promise<ExecutionSummary> {
  const redacted = await redact(db, userId, id);
  if (redacted.applied) return redacted.execution;
  if (redacted.actual === 'missing') throw noSuchExecution();
  throw new FormaError('EXECUTION_NOT_FINISHED');
}
