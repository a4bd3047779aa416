import type { Logger } from '@formaops/core';

/** One line per kind of error in this time: BullMQ emits about ten errors a second while Redis is read-only. */
const QUIET_MS = 10_000;

/** Takes every error that nobody waits for; without such a listener BullMQ, ioredis and pg end the process. */
export type ErrorReport = (error: unknown) => void;

/**
 * Logs errors of the queue as warnings, since whatever ends up here heals itself: connections come back, bells
 * are rung again. Each kind is logged at most once in ten seconds, with the number left out since.
 *
 * @param monotonicMs a clock that never goes back; given by tests.
 */
export function createErrorReport(log: Logger, monotonicMs = () => performance.now()): ErrorReport {
  const kinds = new Map<string, { quietUntil: number; suppressed: number }>();
  return (error) => {
    const problem = describeError(error);
    // Redis puts its own code into the first word: READONLY, OOM, NOAUTH.
    const key = problem.code ?? `${problem.type} ${problem.message.split(' ', 1)}`;
    const known = kinds.get(key);
    if (known !== undefined && monotonicMs() < known.quietUntil) {
      known.suppressed += 1;
      return;
    }
    kinds.set(key, { quietUntil: monotonicMs() + QUIET_MS, suppressed: 0 });
    log.warn({ problem, suppressed: known?.suppressed ?? 0 }, 'queue error');
  };
}

interface DescribedError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
}

/** The part of an error that is safe to log: ioredis hangs the refused command on its errors, password included. */
export function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { name: type, message } = error;
  const code = (error as NodeJS.ErrnoException).code;
  return code === undefined ? { type, message } : { type, code: String(code), message };
}
