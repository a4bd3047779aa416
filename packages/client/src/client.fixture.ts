import { FormaOps } from './forma-ops.ts';
import type { FormaOpsOptions } from './options.ts';

/** What a test answers with: a status, JSON and headers; or a failure of the network. */
export type Scripted =
  | { status: number; body?: unknown; text?: string; headers?: Record<string, string> }
  | Error;

/** A request that was sent. */
export interface SentRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Headers;
  body: unknown;
}

/** A client whose requests are answered from a script, in order; the last answer is given again. */
export function scriptedClient(answers: Scripted[], options: Partial<FormaOpsOptions> = {}) {
  const sent: SentRequest[] = [];
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const { pathname, search } = new URL(String(input));
    const { method = 'GET', body, headers } = init;
    sent.push({
      method,
      path: pathname + search,
      headers: new Headers(headers),
      body: typeof body === 'string' ? JSON.parse(body) : undefined,
    });
    init.signal?.throwIfAborted();
    const answer = answers[Math.min(sent.length, answers.length) - 1];
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('nothing scripted');
    const text = answer.text ?? (answer.body === undefined ? null : JSON.stringify(answer.body));
    return new Response(text, { status: answer.status, headers: answer.headers ?? {} });
  };
  const client = new FormaOps({
    apiKey: 'fo_live_test',
    baseUrl: 'https://api.example/base/',
    fetch,
    random: () => 0,
    ...options,
  });
  return { client, sent };
}

/** A problem document. */
export function problem(status: number, code: string, headers: Record<string, string> = {}): Scripted {
  const body = { type: `/docs/errors#${code}`, title: code, status, code, detail: `About ${code}` };
  return { status, body, headers: { 'x-request-id': 'request-1', ...headers } };
}
