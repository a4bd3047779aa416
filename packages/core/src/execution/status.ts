/**
 * The life of an execution. Only the verbs of `@formaops/db` write it.
 *
 * - `PENDING`: accepted and stored. The API moves it in; a worker's claim, the user's cancel or maintenance moves it
 *   out. Not claimed before its `runAt`. Stays until its deadline at the longest.
 * - `RUNNING`: claimed at least once. Between two attempts it stays here, without a lease. The worker that holds the
 *   lease moves it out, or maintenance when that worker is gone.
 * - `COMPLETED`: the model answered. Whether the output passed its validations is told by the validation status.
 * - `FAILED`: no output could be produced; the error code says why.
 * - `CANCELLED`: ended by the user's wish; what was spent until then is kept.
 */
export const executionStatuses = ['PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type ExecutionStatus = (typeof executionStatuses)[number];

export const terminalStatuses = ['COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type TerminalStatus = (typeof terminalStatuses)[number];

/** @returns whether nothing will change any more. */
export function isTerminal(status: ExecutionStatus): status is TerminalStatus {
  return (terminalStatuses as readonly ExecutionStatus[]).includes(status);
}

export const validationStatuses = ['PENDING', 'PASSED', 'FAILED', 'SKIPPED'] as const;
export type ValidationStatus = (typeof validationStatuses)[number];

/** From the least to the most urgent. */
export const priorities = ['LOW', 'NORMAL', 'HIGH', 'CRITICAL'] as const;
export type Priority = (typeof priorities)[number];

export const logLevels = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
export type LogLevel = (typeof logLevels)[number];

export const validationTypes = ['SCHEMA', 'REGEX', 'FUNCTION'] as const;
export type ValidationType = (typeof validationTypes)[number];
