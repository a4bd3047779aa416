import { FormaOpsError } from '@formaops/client';

/** What the process ends with; documented in docs/cli.md. */
export const exitCodes = {
  ok: 0,
  /** The request was refused, an execution did not complete, a check found something. */
  failed: 1,
  /** The command line or the settings make no sense. */
  usage: 2,
  notFound: 3,
  /** No key, a wrong one, or one that must not do this. */
  forbidden: 4,
  /** Nothing answered, or not now: the same command may succeed later. */
  unavailable: 5,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error whose message is all that the user needs. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = exitCodes.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** @returns what the process ends with after this error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof FormaOpsError)) return exitCodes.failed;
  if (error.status === 404) return exitCodes.notFound;
  if (error.status === 401 || error.status === 403) return exitCodes.forbidden;
  const isAway = error.code === 'NETWORK_ERROR' || error.code === 'TIMEOUT';
  return isAway || error.status === 429 || error.status >= 502 ? exitCodes.unavailable : exitCodes.failed;
}
