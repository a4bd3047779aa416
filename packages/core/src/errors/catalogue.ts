/** Who has to act so that the error goes away. */
export type Fault = 'caller' | 'provider' | 'output' | 'system';

export interface CatalogueEntry {
  /** What the API answers when this code ends a request. */
  readonly httpStatus: number;
  /** Whether the same call may succeed later, without a change by the caller. */
  readonly retryable: boolean;
  readonly fault: Fault;
  /** Short and stable; the RFC 9457 `title`. */
  readonly title: string;
  /** What the reader should do next. */
  readonly advice: string;
}

/**
 * Every error a user can meet, once. Codes never change; titles and advice may.
 * `docs/errors.md` is rendered from this list and compared by a test.
 */
export const catalogue = {
  // Requests that cannot be understood or are not allowed.
  INVALID_JSON: {
    httpStatus: 400,
    retryable: false,
    fault: 'caller',
    title: 'The body is not valid JSON',
    advice: 'Send a complete JSON document encoded as UTF-8.',
  },
  INVALID_REQUEST: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The request has problems',
    advice: 'Correct every entry of `errors`; each points at one field.',
  },
  UNAUTHENTICATED: {
    httpStatus: 401,
    retryable: false,
    fault: 'caller',
    title: 'An API key is needed',
    advice: 'Send `Authorization: Bearer fo_…`.',
  },
  INVALID_API_KEY: {
    httpStatus: 401,
    retryable: false,
    fault: 'caller',
    title: 'The API key is not valid',
    advice: 'Use an active key exactly as it was shown when it was created.',
  },
  SCOPE_MISSING: {
    httpStatus: 403,
    retryable: false,
    fault: 'caller',
    title: 'The API key may not do this',
    advice: 'Use a key with the scope that is named.',
  },
  PLAN_FORBIDDEN: {
    httpStatus: 403,
    retryable: false,
    fault: 'caller',
    title: 'The plan does not include this',
    advice: 'Stay within the limits of the plan, or ask the operator for a higher one.',
  },
  CSRF: {
    httpStatus: 403,
    retryable: false,
    fault: 'caller',
    title: 'The request is refused',
    advice: 'Send the request from the same origin as the page it belongs to.',
  },
  NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    fault: 'caller',
    title: 'Nothing is here',
    advice: 'Check the address and the id; only your own resources can be seen.',
  },
  METHOD_NOT_ALLOWED: {
    httpStatus: 405,
    retryable: false,
    fault: 'caller',
    title: 'The method does not exist here',
    advice: 'Use one of the methods in the `Allow` header.',
  },
  PROMPT_NOT_PUBLISHED: {
    httpStatus: 409,
    retryable: false,
    fault: 'caller',
    title: 'The prompt is not published',
    advice: 'Publish the prompt, then submit again.',
  },
  PROMPT_ARCHIVED: {
    httpStatus: 409,
    retryable: false,
    fault: 'caller',
    title: 'The prompt is archived',
    advice: 'Use another prompt; archived ones no longer run.',
  },
  EXECUTION_ALREADY_FINISHED: {
    httpStatus: 409,
    retryable: false,
    fault: 'caller',
    title: 'The execution has already ended',
    advice: 'Read the execution; its result will not change.',
  },
  EXECUTION_NOT_FINISHED: {
    httpStatus: 409,
    retryable: false,
    fault: 'caller',
    title: 'The execution has not ended yet',
    advice: 'Wait until it has ended, then ask again.',
  },
  EXECUTION_HAS_NO_OUTPUT: {
    httpStatus: 409,
    retryable: false,
    fault: 'caller',
    title: 'The execution has no output',
    advice: 'Only an execution that produced an output can be judged again.',
  },
  EXECUTION_REDACTED: {
    httpStatus: 409,
    retryable: false,
    fault: 'caller',
    title: 'The content of the execution was removed',
    advice: 'Submit a new execution with the inputs that you want.',
  },
  VALIDATION_NAME_TAKEN: {
    httpStatus: 409,
    retryable: false,
    fault: 'caller',
    title: 'The prompt has a validation of this name',
    advice: 'Choose another name, or change the validation that has it.',
  },
  PAYLOAD_TOO_LARGE: {
    httpStatus: 413,
    retryable: false,
    fault: 'caller',
    title: 'The body is too large',
    advice: 'Send at most 1 MB; a batch may have 12 MB, and 1 MB for each of its items.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    httpStatus: 415,
    retryable: false,
    fault: 'caller',
    title: 'The body is not JSON',
    advice: 'Send `Content-Type: application/json`, uncompressed, in UTF-8.',
  },
  PROMPT_TOO_LONG: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The rendered prompt is too long',
    advice: 'Shorten the inputs.',
  },
  PROMPT_EMPTY: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The rendered prompt is empty',
    advice: 'Give at least one input a value that is not blank.',
  },
  TOO_MANY_VALIDATIONS: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The prompt has as many validations as it may',
    advice: 'Delete a validation, or join two into one.',
  },
  TOO_MANY_WEBHOOKS: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'There are as many webhooks as a user may have',
    advice: 'Delete a webhook, or let one take several event types.',
  },
  WEBHOOK_INACTIVE: {
    httpStatus: 409,
    retryable: false,
    fault: 'caller',
    title: 'The webhook is switched off',
    advice: 'Switch it on with `isActive`, then ask again.',
  },
  TOO_MANY_API_KEYS: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'There are as many active API keys as there may be',
    advice: 'Revoke a key that is no longer used.',
  },
  REQUEST_TIMEOUT: {
    httpStatus: 408,
    retryable: true,
    fault: 'caller',
    title: 'The request did not arrive in time',
    advice: 'Send the whole request at once.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The idempotency key was used for another request',
    advice: 'Use a new `Idempotency-Key` for a new request, and the same body with the same key.',
  },
  BACKLOG_LIMIT: {
    httpStatus: 429,
    retryable: true,
    fault: 'caller',
    title: 'As many executions wait as the plan allows',
    advice: 'Submit again when some of them have started, or ask the operator for a higher plan.',
  },
  COST_LIMIT: {
    httpStatus: 429,
    retryable: true,
    fault: 'caller',
    title: 'As much was spent today as the plan allows',
    advice:
      'Submit again after midnight UTC, when `Retry-After` has passed, or ask the operator for a higher plan.',
  },
  RATE_LIMITED: {
    httpStatus: 429,
    retryable: true,
    fault: 'caller',
    title: 'More requests than the plan allows in a minute',
    advice: 'Wait as long as `Retry-After` says.',
  },
  TOO_MANY_STREAMS: {
    httpStatus: 429,
    retryable: true,
    fault: 'caller',
    title: 'The user follows as many streams of events as it may',
    advice: 'End a stream, or follow all executions with one: `GET /v1/events`.',
  },
  DATABASE_UNAVAILABLE: {
    httpStatus: 503,
    retryable: true,
    fault: 'system',
    title: 'The database cannot be reached',
    advice: 'Send the request again after `Retry-After` seconds.',
  },
  DATABASE_BUSY: {
    httpStatus: 503,
    retryable: true,
    fault: 'system',
    title: 'The database has too much to do',
    advice: 'Send the request again after `Retry-After` seconds.',
  },
  METRICS_PREPARING: {
    httpStatus: 503,
    retryable: true,
    fault: 'system',
    title: 'The figures are still being prepared',
    advice: 'Ask again later; after an update, workers first go through the earlier executions.',
  },
  OVERLOADED: {
    httpStatus: 503,
    retryable: true,
    fault: 'system',
    title: 'This process has as much to do as it can',
    advice: 'Send the request again after `Retry-After` seconds.',
  },
  WEBHOOKS_UNAVAILABLE: {
    httpStatus: 503,
    retryable: false,
    fault: 'system',
    title: 'Webhooks are not set up here',
    advice: 'The operator must set WEBHOOK_SECRET_KEY.',
  },
  SHUTTING_DOWN: {
    httpStatus: 503,
    retryable: true,
    fault: 'system',
    title: 'This process is stopping',
    advice: 'Send the request again; another process will answer.',
  },
  INTERNAL: {
    httpStatus: 500,
    retryable: false,
    fault: 'system',
    title: 'Something went wrong on our side',
    advice: 'Report the request id.',
  },

  // Why an execution ended as FAILED, or an attempt was repeated.
  PROVIDER_TIMEOUT: {
    httpStatus: 504,
    retryable: true,
    fault: 'provider',
    title: 'The model did not answer in time',
    advice: 'Raise `timeoutMs`, or shorten the prompt.',
  },
  PROVIDER_RATE_LIMITED: {
    httpStatus: 429,
    retryable: true,
    fault: 'provider',
    title: 'The model provider limits our rate',
    advice: 'Submit more slowly, or ask the operator to raise the quota.',
  },
  PROVIDER_UNAVAILABLE: {
    httpStatus: 502,
    retryable: true,
    fault: 'provider',
    title: 'The model provider failed',
    advice: 'Submit again later.',
  },
  PROVIDER_AUTH: {
    httpStatus: 502,
    retryable: false,
    fault: 'system',
    title: 'The model provider refuses our credential',
    advice: 'The operator must correct OPENAI_API_KEY.',
  },
  PROVIDER_QUOTA_EXCEEDED: {
    httpStatus: 502,
    retryable: false,
    fault: 'system',
    title: 'The quota at the model provider is used up',
    advice: 'The operator must add credit at the provider.',
  },
  PROVIDER_BAD_REQUEST: {
    httpStatus: 502,
    retryable: false,
    fault: 'caller',
    title: 'The model provider refuses the request',
    advice: 'Check the model, the parameters and the length of the prompt.',
  },
  PROVIDER_BAD_RESPONSE: {
    httpStatus: 502,
    retryable: true,
    fault: 'provider',
    title: 'The answer of the model provider has not the expected form',
    advice: 'Submit again; tell the operator if it stays.',
  },
  PROVIDER_TRUNCATED: {
    httpStatus: 502,
    retryable: true,
    fault: 'provider',
    title: 'The answer of the model provider broke off',
    advice: 'Submit again.',
  },
  PROVIDER_RESPONSE_TOO_LARGE: {
    httpStatus: 502,
    retryable: false,
    fault: 'provider',
    title: 'The answer of the model provider is too large',
    advice: 'Set `parameters.maxTokens`, or ask for a shorter answer.',
  },
  CONTENT_FILTERED: {
    httpStatus: 502,
    retryable: false,
    fault: 'caller',
    title: 'The model provider filtered the content',
    advice: 'Change the inputs or the template.',
  },
  DEADLINE_EXCEEDED: {
    httpStatus: 504,
    retryable: false,
    fault: 'caller',
    title: 'The deadline of the execution has passed',
    advice: 'Raise `deadlineMs`, or start more workers.',
  },
  WORKER_CRASHED: {
    httpStatus: 500,
    retryable: false,
    fault: 'system',
    title: 'Several workers died while running the execution',
    advice: "The operator should look at the workers' logs.",
  },
  WORKER_LOST: {
    httpStatus: 500,
    retryable: true,
    fault: 'system',
    title: 'The worker that ran the attempt is gone',
    advice: 'Nothing; another worker takes over.',
  },
  SHUTDOWN: {
    httpStatus: 500,
    retryable: true,
    fault: 'system',
    title: 'The worker was stopped during the attempt',
    advice: 'Nothing; another worker takes over.',
  },
  CANCELLED: {
    httpStatus: 409,
    retryable: false,
    fault: 'caller',
    title: 'The execution was cancelled',
    advice: 'Submit again if the result is still wanted.',
  },

  // What a validation says about an output.
  OUTPUT_NOT_JSON: {
    httpStatus: 422,
    retryable: false,
    fault: 'output',
    title: 'The output is not JSON',
    advice: 'Ask the model for JSON, or set `parameters.responseFormat`.',
  },
  OUTPUT_SCHEMA_MISMATCH: {
    httpStatus: 422,
    retryable: false,
    fault: 'output',
    title: 'The output does not match the schema',
    advice: "Read the verdict's errors; adjust the template or the schema.",
  },
  OUTPUT_PATTERN_MISMATCH: {
    httpStatus: 422,
    retryable: false,
    fault: 'output',
    title: 'The output does not meet the pattern',
    advice: 'Adjust the template, the pattern or `mustMatch`.',
  },
  FUNCTION_REJECTED: {
    httpStatus: 422,
    retryable: false,
    fault: 'output',
    title: 'The function rejects the output',
    advice: "Read the verdict's errors; adjust the template or the function.",
  },
  FUNCTION_THREW: {
    httpStatus: 422,
    retryable: false,
    fault: 'output',
    title: 'The function threw an error',
    advice: "Read the verdict's message; let the function return a verdict instead.",
  },
  FUNCTION_BAD_RESULT: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The function returned something else than a verdict',
    advice: 'Return a boolean or `{ valid, errors?, value? }`.',
  },
  FUNCTION_ASYNC_UNSUPPORTED: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The function is asynchronous',
    advice: 'Return the verdict itself, not a promise of it.',
  },
  SANDBOX_TIMEOUT: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The validation took too long',
    advice: 'Simplify the validation.',
  },
  SANDBOX_OUT_OF_MEMORY: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The validation used too much memory',
    advice: 'Simplify the validation.',
  },
  SANDBOX_CRASHED: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The validation crashed its sandbox',
    advice: 'Simplify the validation.',
  },
  SANDBOX_UNAVAILABLE: {
    httpStatus: 503,
    retryable: true,
    fault: 'system',
    title: 'The validation could not be run',
    advice: 'Tell the operator; the output itself is kept.',
  },
  SCHEMA_INVALID: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: "The validation's schema cannot be used",
    advice: 'Correct the schema at the place that is named.',
  },
  SCHEMA_REMOTE_REF: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The schema refers to another document',
    advice: 'Copy what is referred to into `$defs`; nothing is ever fetched.',
  },
  SCHEMA_TOO_COMPLEX: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The schema is too complex',
    advice:
      'Make it smaller: at most 64 kB, 20 levels and 1,000 objects and arrays, compiled within a second.',
  },
  SCHEMA_DRAFT_UNSUPPORTED: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: 'The draft that `$schema` names is not supported',
    advice: 'Use draft 2020-12, 2019-09, 07, 06 or 04.',
  },
  REGEX_INVALID: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: "The validation's regular expression cannot be used",
    advice: 'Correct the pattern or the flags at the place that is named.',
  },
  REGEX_TOO_LONG: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: "The validation's pattern is too long",
    advice: 'Use at most 1,000 characters.',
  },
  FUNCTION_INVALID: {
    httpStatus: 422,
    retryable: false,
    fault: 'caller',
    title: "The validation's function cannot be used",
    advice: 'Correct the source or the limits at the place that is named.',
  },

  // Why a webhook was not delivered.
  WEBHOOK_REFUSED: {
    httpStatus: 502,
    retryable: true,
    fault: 'caller',
    title: 'The endpoint did not answer with a status of the 200s',
    advice: 'Let the endpoint answer 2xx at once and work afterwards; redirects are not followed.',
  },
  WEBHOOK_TIMEOUT: {
    httpStatus: 504,
    retryable: true,
    fault: 'caller',
    title: 'The endpoint did not answer within ten seconds',
    advice: 'Let the endpoint answer at once and work afterwards.',
  },
  WEBHOOK_UNREACHABLE: {
    httpStatus: 502,
    retryable: true,
    fault: 'caller',
    title: 'The endpoint cannot be reached',
    advice: 'Check the name, that port 443 answers, and that it speaks HTTP.',
  },
  WEBHOOK_TLS_FAILED: {
    httpStatus: 502,
    retryable: true,
    fault: 'caller',
    title: 'The certificate of the endpoint is not trusted',
    advice: 'Serve a certificate for this name, with its whole chain, from a public authority.',
  },
  WEBHOOK_ADDRESS_FORBIDDEN: {
    httpStatus: 502,
    retryable: true,
    fault: 'caller',
    title: 'The name of the endpoint leads to an address that is not public',
    advice: 'Let every address of the name be one that anybody can reach.',
  },
  WEBHOOK_SWITCHED_OFF: {
    httpStatus: 409,
    retryable: false,
    fault: 'caller',
    title: 'The webhook was switched off before this was delivered',
    advice: 'Switch the webhook on, then ask for the delivery again.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

/** @returns whether `value` is a code of the catalogue; for reading codes back from storage. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(catalogue, value);
}
