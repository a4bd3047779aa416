import { type ErrorCode, FormaError, type FormaErrorOptions, isFormaError } from '@formaops/core';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { ConnectFailure } from './http-transport.ts';
import { redactProviderText } from './redact.ts';
import { readRetryAfter } from './retry-after.ts';

export interface FailureContext {
  now: Date;
  /** Texts that must not be repeated, the provider's key above all. */
  secrets: readonly string[];
  /** Whether a part of the answer had arrived. */
  isAnswerStarted: boolean;
}

export interface ProviderFailure {
  error: FormaError;
  providerRequestId: string | null;
  /** False only when the provider was never reached or refused the request with an HTTP error. */
  mayBeBilled: boolean;
}

/** What providers write into an error's `code` or `type` and what outweighs the HTTP status (OpenAI, "Error codes"). */
const codeByLabel: ReadonlyMap<unknown, ErrorCode> = new Map<unknown, ErrorCode>([
  ['insufficient_quota', 'PROVIDER_QUOTA_EXCEEDED'],
  ['billing_hard_limit_reached', 'PROVIDER_QUOTA_EXCEEDED'],
  ['billing_not_active', 'PROVIDER_QUOTA_EXCEEDED'],
  ['content_filter', 'CONTENT_FILTERED'],
  ['content_policy_violation', 'CONTENT_FILTERED'],
  ['context_length_exceeded', 'PROVIDER_BAD_REQUEST'],
]);

const codeByStatus: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [401, 'PROVIDER_AUTH'],
  [402, 'PROVIDER_QUOTA_EXCEEDED'],
  [403, 'PROVIDER_AUTH'],
  [408, 'PROVIDER_TIMEOUT'],
  [409, 'PROVIDER_UNAVAILABLE'],
  [425, 'PROVIDER_UNAVAILABLE'],
  [429, 'PROVIDER_RATE_LIMITED'],
]);

/** Node's codes for a connection that existed and broke. */
const BROKEN_CONNECTION =
  /^(ECONN(RESET|ABORTED)|EPIPE|EPROTO|EHOSTUNREACH|ENET\w+|ERR_STREAM_PREMATURE_CLOSE)$/;

/**
 * Turns whatever a call to the provider threw into an error of ours. It is the only place that looks inside the
 * client's and Node's errors, and never at their message texts.
 *
 * Whether it is retryable follows from the code. An error nobody foresaw becomes `INTERNAL`, with the original as
 * `cause`. The provider's own words are kept in `details.providerMessage` only: redacted, at most 500 characters.
 */
export function classifyError(error: unknown, context: FailureContext): ProviderFailure {
  const chain = causesOf(error);
  const ours = chain.find(isFormaError);
  if (ours) return { error: ours, providerRequestId: null, mayBeBilled: true };

  const unreached = chain.find((link) => link instanceof ConnectFailure);
  if (unreached) return { error: fromConnectFailure(unreached), providerRequestId: null, mayBeBilled: false };

  if (error instanceof APIError && !(error instanceof APIConnectionError)) return fromReply(error, context);
  return { error: fromConnection(error, chain, context), providerRequestId: null, mayBeBilled: true };
}

function fromConnectFailure({ kind, cause }: ConnectFailure): FormaError {
  const code = kind === 'timeout' ? 'PROVIDER_TIMEOUT' : 'PROVIDER_UNAVAILABLE';
  return new FormaError(code, { message: 'The model provider could not be reached', cause });
}

function fromConnection(error: unknown, chain: readonly object[], context: FailureContext): FormaError {
  const codes = chain.map(systemCode);
  if (error instanceof APIConnectionTimeoutError || codes.includes('ETIMEDOUT')) {
    return new FormaError('PROVIDER_TIMEOUT', { cause: error });
  }
  if (codes.some((code) => code.startsWith('HPE_'))) {
    return new FormaError('PROVIDER_BAD_RESPONSE', { message: 'The answer is not valid HTTP', cause: error });
  }
  if (error instanceof APIConnectionError || codes.some((code) => BROKEN_CONNECTION.test(code))) {
    const code = context.isAnswerStarted ? 'PROVIDER_TRUNCATED' : 'PROVIDER_UNAVAILABLE';
    return new FormaError(code, { message: 'The connection to the model provider broke', cause: error });
  }
  return new FormaError('INTERNAL', { cause: error });
}

/** An error that the provider stated, by HTTP status or as an event within a stream. */
function fromReply(error: APIError, context: FailureContext): ProviderFailure {
  const { secrets, now } = context;
  const code = codeOf(error);
  const label = [error.code, error.type].find((value) => typeof value === 'string');
  const options: FormaErrorOptions = {
    details: {
      ...(error.status !== undefined && { httpStatus: error.status }),
      ...(label && { providerCode: redactProviderText(label, secrets).slice(0, 100) }),
      providerMessage: redactProviderText(statedMessage(error), secrets),
    },
  };
  const retryAfterMs = error.headers && readRetryAfter(error.headers, now);
  if (retryAfterMs !== undefined) options.retryAfterMs = retryAfterMs;
  return {
    error: new FormaError(code, options),
    providerRequestId: error.requestID ?? null,
    mayBeBilled: error.status === undefined,
  };
}

function codeOf(error: APIError): ErrorCode {
  const labelled = codeByLabel.get(error.code) ?? codeByLabel.get(error.type);
  if (labelled) return labelled;
  // Within a stream there is no status of its own; OpenRouter and vLLM put one into `code`.
  const status = error.status ?? Number(error.code);
  const known = codeByStatus.get(status);
  if (known) return known;
  if (status >= 400 && status < 500) return 'PROVIDER_BAD_REQUEST';
  if (error.status !== undefined && status < 400) return 'PROVIDER_BAD_RESPONSE';
  return error.type === 'invalid_request_error' ? 'PROVIDER_BAD_REQUEST' : 'PROVIDER_UNAVAILABLE';
}

/** The body is what the server chose to send: `{ error: { message } }`, `{ error: "…" }`, HTML or nothing. */
function statedMessage({ error, message }: APIError): string {
  const stated: unknown =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return typeof stated === 'string' ? stated : message;
}

function systemCode(error: object): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The error and its causes, outermost first; bounded, because a chain can be a circle. */
function causesOf(error: unknown): object[] {
  const chain: object[] = [];
  let link = error;
  while (typeof link === 'object' && link !== null && chain.length < 10) {
    chain.push(link);
    link = 'cause' in link ? link.cause : null;
  }
  return chain;
}
