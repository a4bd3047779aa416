import { FormaError } from '@formaops/core';

/** The longest delay `setTimeout` honours; anything above fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** How long to wait for the connection's end after the answer is complete, so that the connection can be used again. */
const DRAIN_MS = 250;

type Limit = 'firstByte' | 'idle' | 'total';

const messages: Record<Limit, string> = {
  firstByte: 'The model did not begin to answer in time',
  idle: 'The model stopped in the middle of its answer',
  total: 'The model did not finish its answer in time',
};

export interface DeadlineLimits {
  /** Until the first byte of the answer's body, connecting included. */
  firstByteMs: number;
  /** Between two pieces of the body. */
  idleMs: number;
  /** From now to the last byte. */
  totalMs: number;
}

export interface CallDeadlines {
  /** Aborts when a limit is exceeded or the caller's signal aborts, whichever is first. */
  readonly signal: AbortSignal;
  /** The limit that ended the call, as `PROVIDER_TIMEOUT`; null while none did. */
  readonly expired: FormaError | null;
  /** A piece of the body arrived: the idle limit starts again. */
  sawBytes(): void;
  /** The answer is complete: its end is worth only a short wait. */
  expectEnd(): void;
  /** Stops every timer and leaves the caller's signal alone; call it in `finally`. */
  stop(): void;
}

/**
 * Starts the limits of one call. They are ours because the client's own `timeout` ends with the response's headers,
 * and a body that drips for ever would never be given up.
 */
export function startDeadlines(limits: DeadlineLimits, callerSignal: AbortSignal): CallDeadlines {
  const controller = new AbortController();
  let expired: FormaError | null = null;

  function startTimer(limit: Limit, limitMs: number): NodeJS.Timeout {
    const expire = () => {
      if (controller.signal.aborted) return;
      expired = new FormaError('PROVIDER_TIMEOUT', { message: messages[limit], details: { limit, limitMs } });
      controller.abort(expired);
    };
    return setTimeout(expire, Math.min(limitMs, MAX_TIMER_MS));
  }

  const follow = () => controller.abort(callerSignal.reason);
  callerSignal.addEventListener('abort', follow, { once: true });
  if (callerSignal.aborted) follow();

  const total = startTimer('total', limits.totalMs);
  let silence = startTimer('firstByte', limits.firstByteMs);
  let phase: 'waiting' | 'reading' | 'draining' = 'waiting';

  function enter(next: typeof phase, limitMs: number): void {
    clearTimeout(silence);
    silence = startTimer('idle', limitMs);
    phase = next;
  }

  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    sawBytes() {
      if (phase === 'reading') silence.refresh();
      else if (phase === 'waiting') enter('reading', limits.idleMs);
    },
    expectEnd() {
      if (phase !== 'draining') enter('draining', Math.min(DRAIN_MS, limits.idleMs));
    },
    stop() {
      clearTimeout(total);
      clearTimeout(silence);
      callerSignal.removeEventListener('abort', follow);
    },
  };
}
