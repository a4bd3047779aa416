import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { TLSSocket } from 'node:tls';
import { type DeliveryResult, type ErrorCode, isFormaError, readWebhookUrl } from '@formaops/core';
import {
  createAnyLookup,
  createPublicLookup,
  createResolver,
  type ResolveName,
  resolveAsSystem,
} from './public-lookup.ts';

/** How long one sending may take, from the look-up of the name to the end of the answer, in milliseconds. */
export const postTimeoutMs = 10_000;

/** So much of an answer is read, so that the other side can end it in peace; nobody looks at it. */
const maxAnswerBytes = 64 * 1024;

export interface WebhookPosterOptions {
  /** Whether an operator lets endpoints be at private addresses and at any port. */
  allowPrivate: boolean;
  timeoutMs?: number;
  /** In place of DNS. */
  resolve?: ResolveName;
  /** Certificates to trust, in place of those that Node trusts. */
  ca?: string;
}

/** Sends a body to an endpoint, and says how that went; `stopped` when `signal` was aborted first. Never rejects. */
export type PostWebhook = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<DeliveryResult | 'stopped'>;

/**
 * A way to the endpoints of tenants, and to nowhere else: https only, to public addresses only, which are looked at when the
 * connection is made. No redirect is followed, no proxy of the environment is used, and no connection is kept.
 */
export function createWebhookPoster(options: WebhookPosterOptions): PostWebhook {
  const { allowPrivate, timeoutMs = postTimeoutMs, ca } = options;
  const resolve = options.resolve ?? (allowPrivate ? resolveAsSystem : createResolver());
  const lookup = allowPrivate ? createAnyLookup(resolve) : createPublicLookup(resolve);
  // An agent of its own: the global one may have been told of a proxy.
  const agent = new https.Agent({ keepAlive: false, lookup, ...(ca !== undefined && { ca }) });
  return async (url, headers, body, stop) => {
    // Again, because addresses that are numbers are not looked up, and because the operator may have changed his mind.
    if (!readWebhookUrl(url, { allowPrivate }).ok) return failed('WEBHOOK_ADDRESS_FORBIDDEN');
    const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
    try {
      return answered(await send(url, { method: 'POST', headers, agent, signal }, body));
    } catch (error) {
      if (stop.aborted) return 'stopped';
      return failed(signal.aborted ? 'WEBHOOK_TIMEOUT' : codeOf(error));
    }
  };
}

function answered(statusCode: number): DeliveryResult {
  return { statusCode, errorCode: statusCode >= 200 && statusCode < 300 ? null : 'WEBHOOK_REFUSED' };
}

function failed(errorCode: ErrorCode): DeliveryResult {
  return { statusCode: null, errorCode };
}

/** The certificate was not what it must be. */
class Untrusted extends Error {}

/** @returns the status, which decides: that the rest of the answer breaks off or takes too long changes nothing. */
function send(url: string, options: https.RequestOptions, body: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let answer: IncomingMessage | undefined;
  const fail = (error: Error) => (answer ? resolve(answer.statusCode ?? 0) : reject(error));
  const request = https.request(url, options);
  request.on('response', (response) => {
    answer = response;
    discard(response, () => resolve(response.statusCode ?? 0));
  });
  request.on('error', (error) => {
    const isUntrusted = request.socket instanceof TLSSocket && Boolean(request.socket.authorizationError);
    fail(isUntrusted ? new Untrusted('the certificate is not trusted', { cause: error }) : error);
  });
  // Closed without a response or an error: nobody else would end the waiting.
  request.on('close', () => fail(new Error('the connection was closed without an answer')));
  request.end(body);
  return promise;
}

/** Reads what comes and keeps nothing; `done` is called once or more, whatever ends it. */
function discard(response: IncomingMessage, done: () => void): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) response.destroy();
  });
  response.on('error', done).on('close', done);
}

const tlsCodes = /^(EPROTO|ERR_SSL_|ERR_TLS_)/;

function codeOf(error: unknown): ErrorCode {
  if (isFormaError(error)) return error.code;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof Untrusted || tlsCodes.test(code)) return 'WEBHOOK_TLS_FAILED';
  return 'WEBHOOK_UNREACHABLE';
}
