import type { ErrorCode } from './generated/routes.ts';
import type { Schemas } from './types.ts';

/** One thing that is wrong with a request. */
export interface RequestProblem {
  /** JSON pointer into the body, or `/name` of a parameter or header. */
  pointer: string;
  code: string;
  detail: string;
}

/**
 * Codes of this client, besides those of the API.
 *
 * - `NETWORK_ERROR`: no answer came; `cause` says why.
 * - `TIMEOUT`: the answer, or the end that was waited for, did not come in time.
 * - `UNEXPECTED_ANSWER`: something on the way answered, or nothing that the API would say.
 */
export type ClientErrorCode = 'NETWORK_ERROR' | 'TIMEOUT' | 'UNEXPECTED_ANSWER';

/** An API that is newer than this client may say others. */
type Code = ErrorCode | ClientErrorCode | (string & Record<never, never>);

interface FormaOpsErrorInit {
  code: Code;
  message: string;
  status?: number;
  requestId?: string | null;
  errors?: RequestProblem[];
  retryAfterMs?: number | null;
  cause?: unknown;
}

/** What every call ends with that has no result, except for one that was aborted: that throws the reason of its signal. */
export class FormaOpsError extends Error {
  override readonly name = 'FormaOpsError';
  /** Stable; explained at `/docs/errors` of the API. */
  readonly code: Code;
  /** Of the answer; 0 when there was none. */
  readonly status: number;
  /** What the operator can find the request by; null when there was no answer. */
  readonly requestId: string | null;
  /** Everything that is wrong with the request; of `INVALID_REQUEST`. */
  readonly errors: readonly RequestProblem[];
  /** After how long the API wants to be asked again; null when it did not say. */
  readonly retryAfterMs: number | null;

  constructor(init: FormaOpsErrorInit) {
    super(init.message, { cause: init.cause });
    this.code = init.code;
    this.status = init.status ?? 0;
    this.requestId = init.requestId ?? null;
    this.errors = init.errors ?? [];
    this.retryAfterMs = init.retryAfterMs ?? null;
  }
}

/** Makes an error of an answer; of one that is no problem document, too. */
export async function errorOf(response: Response): Promise<FormaOpsError> {
  const { status, headers } = response;
  const problem: unknown = await response.json().catch(() => null);
  const common = {
    status,
    requestId: headers.get('x-request-id'),
    retryAfterMs: retryAfterMsOf(headers.get('retry-after')),
  };
  if (!isProblem(problem)) {
    return new FormaOpsError({
      ...common,
      code: 'UNEXPECTED_ANSWER',
      message: `Answered with status ${status}`,
    });
  }
  return new FormaOpsError({
    ...common,
    code: problem.code,
    message: problem.detail ?? problem.title ?? problem.code,
    errors: problem.errors ?? [],
  });
}

function isProblem(value: unknown): value is Pick<Schemas['Problem'], 'code'> & Partial<Schemas['Problem']> {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';
}

/** RFC 9110: seconds, or a date. */
function retryAfterMsOf(value: string | null): number | null {
  if (value === null) return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
