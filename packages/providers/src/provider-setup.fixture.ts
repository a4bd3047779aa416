import type { ServerResponse } from 'node:http';
import { afterEach } from '@jest/globals';
import {
  createOpenAiProvider,
  type OpenAiProviderOptions,
  type ProviderTimeouts,
} from './openai-provider.ts';
import type { CallResult, ModelCall, ModelProvider } from './provider.ts';
import { type ProviderServer, startProviderServer } from './provider-server.fixture.ts';

/** Of no form that could be recognised as a key. */
export const apiKey = 'open.sesame';

const cleanUps: (() => unknown)[] = [];

/** Runs `cleanUp` when the test is over. */
export function whenDone(cleanUp: () => unknown): void {
  cleanUps.push(cleanUp);
}

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

export type TestOptions = Partial<Omit<OpenAiProviderOptions, 'timeouts'>> & {
  timeouts?: Partial<ProviderTimeouts>;
};

/** A provider whose limits no test reaches, unless it sets them. */
export function createProvider(baseUrl: string, { timeouts, ...options }: TestOptions = {}): ModelProvider {
  const provider = createOpenAiProvider({
    baseUrl,
    apiKey,
    timeouts: { connectMs: 60_000, firstByteMs: 60_000, idleMs: 60_000, ...timeouts },
    maxResponseBytes: 100_000,
    clock: { now: () => new Date('2026-01-01T00:00:00Z'), monotonicMs: () => performance.now() },
    ...options,
  });
  whenDone(() => provider.close());
  return provider;
}

/** A server that answers by `handler`, and a way to call the model there. */
export async function setup(
  handler: (response: ServerResponse) => void,
  options: TestOptions = {},
): Promise<{ server: ProviderServer; call(call?: Partial<ModelCall>): Promise<CallResult> }> {
  const server = await startProviderServer(handler);
  whenDone(() => server.close());
  const provider = createProvider(server.baseUrl, options);
  return { server, call: (call) => provider.call(aCall(call)) };
}

export function aCall(call: Partial<ModelCall> = {}): ModelCall {
  return {
    executionId: 'e1',
    attempt: 2,
    model: 'gpt-4o-mini',
    prompt: 'Say hello.',
    parameters: {},
    signal: new AbortController().signal,
    totalTimeoutMs: 60_000,
    ...call,
  };
}

/** What the caller needs to see of a failed call. */
export function failureOf(result: CallResult) {
  if (result.kind !== 'failed') throw new Error(`the call ${result.kind}`);
  const { code, message, details, retryAfterMs, entry } = result.error;
  return { code, message, details, retryAfterMs, retryable: entry.retryable };
}
