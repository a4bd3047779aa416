import { type AbortReason, isFormaError } from '@formaops/core';

/** The lease keeper aborts with an {@link AbortReason}; everybody else only when this process stops. */
export function abortReason(reason: unknown): AbortReason {
  return reason === 'cancelled' || reason === 'leaseLost' ? reason : 'shutdown';
}

/**
 * The signal of a bell as far as it ends an attempt: when this process stops. That the queue has lost its lock on the
 * bell ends nothing, because the call is paid for and the lease in PostgreSQL still ours.
 */
export function stopSignalOf(bell: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const follow = () => {
    const isLockLost = isFormaError(bell.reason) && bell.reason.code === 'WORKER_LOST';
    if (!isLockLost) controller.abort(bell.reason);
  };
  if (bell.aborted) follow();
  else bell.addEventListener('abort', follow, { once: true });
  return controller.signal;
}
