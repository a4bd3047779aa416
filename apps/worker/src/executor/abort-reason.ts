import type { AbortReason } from '@formaops/core';

/** The lease keeper aborts with an {@link AbortReason}; everybody else only when this process stops. */
export function abortReason(reason: unknown): AbortReason {
  return reason === 'cancelled' || reason === 'leaseLost' ? reason : 'shutdown';
}
