/** An error body in OpenAI's shape. */
export interface ApiErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

/** The message of a 401. */
export const WRONG_KEY = 'Incorrect API key provided.';

/** A refusal that the client is told about, in OpenAI's shape. */
export class ApiError extends Error {
  readonly status: number;
  readonly param: string | null;
  readonly code: string | null;

  constructor(status: number, message: string, details: { param?: string; code?: string | undefined } = {}) {
    super(message);
    this.status = status;
    this.param = details.param ?? null;
    this.code = details.code ?? defaultCode(status);
  }

  /** The body to send with `status`. */
  toBody(): ApiErrorBody {
    const { message, param, code } = this;
    return { error: { message, type: errorType(this.status, code), param, code } };
  }
}

/** The codes OpenAI sends with these statuses (https://platform.openai.com/docs/guides/error-codes). */
function defaultCode(status: number): string | null {
  if (status === 401) return 'invalid_api_key';
  if (status === 404) return 'model_not_found';
  if (status === 429) return 'rate_limit_exceeded';
  return null;
}

function errorType(status: number, code: string | null): string {
  if (code === 'insufficient_quota') return 'insufficient_quota';
  if (status === 429) return 'requests';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
