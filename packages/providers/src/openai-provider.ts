import type { Clock } from '@formaops/core';
import OpenAI from 'openai';
import { MAX_TIMER_MS, startDeadlines } from './call-deadlines.ts';
import { type Ending, toResult } from './call-result.ts';
import {
  type ChatDialect,
  defaultMaxTokensField,
  type MaxTokensField,
  toChatRequest,
} from './chat-request.ts';
import { classifyError } from './classify-error.ts';
import { type Completion, emptyCompletion } from './completion.ts';
import { createHttpTransport } from './http-transport.ts';
import type { CallResult, ModelCall, ModelProvider } from './provider.ts';
import { readCompletion } from './read-completion.ts';

export interface ProviderTimeouts {
  /** For the TCP and TLS handshakes together; 5,000 is good. */
  connectMs: number;
  /** Until the first byte of the answer's body; 60,000 is good, reasoning models may need more. */
  firstByteMs: number;
  /** Between two pieces of the body; 30,000 is good. */
  idleMs: number;
}

export interface OpenAiProviderOptions {
  /** Up to and including `/v1`. */
  baseUrl: string;
  /** Any text that is not empty, for servers without authentication. */
  apiKey: string;
  timeouts: ProviderTimeouts;
  /** A longer body ends the call with `PROVIDER_RESPONSE_TOO_LARGE`; 4 MiB is good. */
  maxResponseBytes: number;
  clock: Clock;
  /** `max_completion_tokens` for OpenAI and Azure, `max_tokens` for every other server, unless set. */
  maxTokensField?: MaxTokensField | undefined;
  /** True unless set; false for servers that refuse `stream_options` (Mistral answers it with 422). */
  requestStreamUsage?: boolean | undefined;
}

/**
 * A provider that speaks the OpenAI chat completions API through the official client, always streaming, so that
 * partial text and tokens are known when a call is cut short.
 *
 * A call fails with `PROVIDER_TIMEOUT`, `PROVIDER_RATE_LIMITED`, `PROVIDER_UNAVAILABLE`, `PROVIDER_AUTH`,
 * `PROVIDER_QUOTA_EXCEEDED`, `PROVIDER_BAD_REQUEST`, `PROVIDER_BAD_RESPONSE`, `PROVIDER_TRUNCATED`,
 * `PROVIDER_RESPONSE_TOO_LARGE`, `CONTENT_FILTERED` or `INTERNAL`. Nothing is retried here.
 */
export function createOpenAiProvider(options: OpenAiProviderOptions): ModelProvider {
  const { baseUrl, timeouts, maxResponseBytes } = options;
  const transport = createHttpTransport({ connectMs: timeouts.connectMs, maxResponseBytes });
  const dialect: ChatDialect = {
    maxTokensField: options.maxTokensField ?? defaultMaxTokensField(baseUrl),
    requestStreamUsage: options.requestStreamUsage ?? true,
  };
  const client = new OpenAI({
    baseURL: baseUrl,
    apiKey: options.apiKey,
    // Left out, each of these would be read from the environment.
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    fetch: transport.fetch,
  });
  return {
    call: (call) => callModel(call, { client, dialect, options }),
    close: transport.close,
  };
}

interface CallDeps {
  client: OpenAI;
  dialect: ChatDialect;
  options: OpenAiProviderOptions;
}

async function callModel(call: ModelCall, deps: CallDeps): Promise<CallResult> {
  const { clock } = deps.options;
  const startedAt = clock.monotonicMs();
  const completion = emptyCompletion();
  const ending = await exchange(call, completion, deps);
  return toResult(call, completion, ending, clock.monotonicMs() - startedAt);
}

async function exchange(call: ModelCall, completion: Completion, deps: CallDeps): Promise<Ending> {
  if (call.signal.aborted) return { kind: 'aborted', mayBeBilled: false };
  const { timeouts, apiKey, clock } = deps.options;
  const deadlines = startDeadlines({ ...timeouts, totalMs: call.totalTimeoutMs }, call.signal);
  try {
    const response = await send(call, deadlines.signal, deps);
    await readCompletion(response, completion, deadlines, call);
    return { kind: 'received' };
  } catch (error) {
    if (call.signal.aborted && !deadlines.expired) return { kind: 'aborted', mayBeBilled: true };
    // The text is complete: at most its usage was lost, and another attempt would pay for the same answer twice.
    if (completion.finishReason !== null) return { kind: 'received' };
    const context = { now: clock.now(), secrets: [apiKey], isAnswerStarted: completion.eventCount > 0 };
    const failure = classifyError(deadlines.expired ?? error, context);
    completion.requestId ??= failure.providerRequestId;
    return { kind: 'failed', error: failure.error, mayBeBilled: failure.mayBeBilled };
  } finally {
    deadlines.stop();
  }
}

function send(call: ModelCall, signal: AbortSignal, { client, dialect }: CallDeps): Promise<Response> {
  const headers = { 'Idempotency-Key': `${call.executionId}-${call.attempt}` };
  // The client's own limit comes after ours, which knows why it fired and what had arrived.
  const timeout = Math.min(Math.ceil(call.totalTimeoutMs) + 1_000, MAX_TIMER_MS);
  return client.chat.completions
    .create(toChatRequest(call, dialect), { signal, headers, timeout })
    .asResponse();
}
