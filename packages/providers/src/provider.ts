import type { FormaError } from '@formaops/core';

/** How the model is asked to answer; everything left out is the provider's default. */
export interface ModelParameters {
  temperature?: number | undefined;
  /** Upper bound of generated tokens, hidden reasoning included where the provider counts it. */
  maxTokens?: number | undefined;
  topP?: number | undefined;
  seed?: number | undefined;
  stop?: string[] | undefined;
  responseFormat?: ResponseFormat | undefined;
}

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema';
      jsonSchema: {
        name: string;
        schema: Record<string, unknown>;
        description?: string | undefined;
        strict?: boolean | undefined;
      };
    };

export interface ModelCall {
  executionId: string;
  /** From 1; with the execution's id it makes the `Idempotency-Key`. */
  attempt: number;
  model: string;
  /** The rendered prompt, sent as one user message. */
  prompt: string;
  parameters: ModelParameters;
  /** Ends the call at once; its `reason` comes back in the result. */
  signal: AbortSignal;
  /** Covers everything from connecting to the last byte, in milliseconds. */
  totalTimeoutMs: number;
  /** Called once, when the first text arrives. */
  onFirstToken?: (() => void) | undefined;
  /** Called with every piece of the text as it arrives, in order and as it was sent; must not throw. */
  onDelta?: ((text: string) => void) | undefined;
}

/** Tokens of one call, whole and not negative; `total` is `input + output`. `model` is the name the provider answered with. */
export type TokenUsage = { input: number; output: number; total: number; model: string };

/** `length` means that `maxTokens` (or the model's own limit) cut the text; `other` is any reason unknown to us. */
export type FinishReason = 'stop' | 'length' | 'other';

interface CallFacts {
  /** `true` when the provider did not state the final numbers and ours are about four characters a token. */
  usageIsEstimated: boolean;
  /** The provider's `x-request-id`, to ask it about this call. */
  providerRequestId: string | null;
  /** Whether NUL or lone surrogates in the text were replaced by U+FFFD. */
  outputSanitized: boolean;
  /** Duration of the call, whole milliseconds, at least 1. */
  latencyMs: number;
}

/**
 * How a call ended. `usage` is null only when nothing can have been billed: the provider was never reached, or it
 * refused the request with an HTTP error.
 */
export type CallResult =
  | (CallFacts & { kind: 'answered'; output: string; finishReason: FinishReason; usage: TokenUsage })
  | (CallFacts & { kind: 'failed'; error: FormaError; partialOutput: string; usage: TokenUsage | null })
  | (CallFacts & { kind: 'aborted'; reason: unknown; partialOutput: string; usage: TokenUsage | null });

export interface ModelProvider {
  /** Calls the model once, without retries. Never throws: whatever goes wrong is a `failed` or `aborted` result. */
  call(call: ModelCall): Promise<CallResult>;
  /** Closes kept-alive connections, and breaks those that are in use. */
  close(): void;
}
