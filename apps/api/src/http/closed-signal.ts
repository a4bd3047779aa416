import type { Response } from 'express';

/** Aborted when the connection is closed: nobody waits any more. */
export function closedSignal(response: Response): AbortSignal {
  const controller = new AbortController();
  // It may be closed already: until here the request has waited for the database.
  if (response.closed) controller.abort();
  response.once('close', () => controller.abort());
  return controller.signal;
}
