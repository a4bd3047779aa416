import { FormaOpsError } from './errors.ts';

const baseMs = 250;
const capMs = 8_000;
/** Nobody who waits for a call expects it to take longer; whoever wants to finds the time in the error. */
const maxRetryAfterMs = 60_000;

/**
 * How long to wait before an attempt: exponential with full jitter, so that many clients do not come back together, and
 * after the time that the API named.
 *
 * @param retries how many there were before, from 0.
 * @param random from 0 to 1.
 */
export function retryDelayMs(retries: number, retryAfterMs: number | null, random: number): number {
  return (retryAfterMs ?? 0) + random * Math.min(capMs, baseMs * 2 ** retries);
}

/**
 * Whether another attempt makes sense and does no harm. After 429 nothing was begun, so any call may come again; after
 * everything else only one that may be made twice.
 */
export function canRetry(error: unknown, mayRepeat: boolean): error is FormaOpsError {
  if (!(error instanceof FormaOpsError) || (error.retryAfterMs ?? 0) > maxRetryAfterMs) return false;
  if (error.status === 429) return true;
  const isPassing =
    error.code === 'NETWORK_ERROR' || error.code === 'TIMEOUT' || [502, 503, 504].includes(error.status);
  return mayRepeat && isPassing;
}

/** Waits, or throws the signal's reason. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
