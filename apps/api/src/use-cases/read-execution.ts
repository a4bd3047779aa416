import { FormaError } from '@formaops/core';
import { type Caller, type ExecutionDetails, findExecution, hasExecution } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';

/** Reads one execution of the caller. Ends with `NOT_FOUND`, for somebody else's, too. */
export async function readExecution(
  id: string,
  { userId }: Caller,
  { db }: ApiDeps,
): Promise<ExecutionDetails> {
  const execution = await findExecution(db, userId, id);
  if (!execution) throw noSuchExecution();
  return execution;
}

/** For what belongs to an execution. Ends with `NOT_FOUND` like {@link readExecution}, without reading it. */
export async function requireExecution(id: string, { userId }: Caller, { db }: ApiDeps): Promise<void> {
  if (!(await hasExecution(db, userId, id))) throw noSuchExecution();
}

/** The same for somebody else's. */
export const noSuchExecution = () => new FormaError('NOT_FOUND', { message: 'There is no such execution' });
