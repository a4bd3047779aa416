import { addressOf } from './address.ts';
import type { FormaOpsOptions } from './options.ts';
import type { CallOptions } from './types.ts';

/** Where an operation is found, and what matters of it. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  /** Whether it takes an `Idempotency-Key`. */
  takesKey?: true;
}

/** What is the same for every attempt of a call. */
export interface Sent {
  address: string;
  init: RequestInit;
  signal: AbortSignal | undefined;
  timeoutMs: number;
  maxRetries: number;
  /** Whether it does no harm to make the call twice. */
  mayRepeat: boolean;
  onAnswer: CallOptions['onAnswer'];
}

/** With what no call can be made without. */
export type Complete = FormaOpsOptions & { apiKey: string; baseUrl: string };

interface Wanted extends CallOptions {
  path?: object | undefined;
  query?: object | undefined;
  body?: unknown;
}

/**
 * Puts together what is sent.
 *
 * @throws TypeError for a part of the path that would lead somewhere else.
 */
export function prepare(options: Complete, route: Route, wanted: Wanted): Sent {
  const { method, path, takesKey } = route;
  const { body, query = {}, signal, onAnswer } = wanted;
  // Operations that take a key get one: then no failure on the way makes them happen twice.
  const idempotencyKey = wanted.idempotencyKey ?? (takesKey ? newKey() : undefined);
  const waitMs = 'wait' in query ? Number(query.wait ?? 0) * 1_000 : 0;
  return {
    address: addressOf(options.baseUrl, path, { ...wanted.path }, { ...query }),
    init: {
      method,
      headers: headersOf({
        given: wanted.headers,
        standard: {
          'content-type': body === undefined ? undefined : 'application/json',
          'idempotency-key': idempotencyKey,
        },
        apiKey: options.apiKey,
      }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // The API never redirects; whoever does would be sent the prompts.
      redirect: 'manual',
    },
    signal,
    onAnswer,
    timeoutMs: (wanted.timeoutMs ?? options.timeoutMs ?? 30_000) + waitMs,
    maxRetries: wanted.maxRetries ?? options.maxRetries ?? 3,
    mayRepeat: wanted.mayRepeat ?? (method === 'GET' || (takesKey ?? false)),
  };
}

/** What was given wins, however its name is written: two values of one name would become one that nobody meant. */
function headersOf({ given, standard, apiKey }: HeaderSources): Headers {
  const headers = new Headers(given);
  for (const [name, value] of Object.entries(standard))
    if (value !== undefined && !headers.has(name)) headers.set(name, value);
  headers.set('authorization', `Bearer ${apiKey}`);
  return headers;
}

interface HeaderSources {
  given: Record<string, string> | undefined;
  standard: Record<string, string | undefined>;
  apiKey: string;
}

/** For an `Idempotency-Key`. Not `crypto.randomUUID`, which pages without HTTPS do not have. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
