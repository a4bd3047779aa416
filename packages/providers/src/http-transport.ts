import http from 'node:http';
import https from 'node:https';
import { FormaError } from '@formaops/core';
import type { ClientOptions } from 'openai';

/** How long an unused connection is kept; below the five seconds after which Node's own servers close it. */
const IDLE_CONNECTION_MS = 4_000;

/** No connection came about, so the provider has not seen the request. `cause` says why. */
export class ConnectFailure extends Error {
  readonly kind: 'timeout' | 'network';

  constructor(kind: 'timeout' | 'network', cause?: unknown) {
    super(kind === 'timeout' ? 'connecting took too long' : 'connecting failed', { cause });
    this.kind = kind;
  }
}

export interface HttpTransport {
  fetch: NonNullable<ClientOptions['fetch']>;
  close(): void;
}

interface TransportOptions {
  /** For the TCP and TLS handshakes together. */
  connectMs: number;
  /** A longer body, of success or error, fails with `PROVIDER_RESPONSE_TOO_LARGE`. */
  maxResponseBytes: number;
}

/**
 * The `fetch` that the client is given: keep-alive, a limit for connecting and one for the body, and no redirects
 * (a 3xx reaches the client as the error status it is). It stands on node:http, because the global `fetch` can
 * neither limit connecting nor tell whether a connection came about, which decides whether a call may be billed.
 */
export function createHttpTransport(options: TransportOptions): HttpTransport {
  const pool = { keepAlive: true, timeout: IDLE_CONNECTION_MS };
  const agents = { http: new http.Agent(pool), https: new https.Agent(pool) };

  return {
    fetch: (input, init) =>
      send(new URL(input instanceof Request ? input.url : input), init ?? {}, agents, options),
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function send(
  url: URL,
  init: RequestInit,
  agents: { http: http.Agent; https: https.Agent },
  { connectMs, maxResponseBytes }: TransportOptions,
): Promise<Response> {
  const headers = new Headers(init.headers);
  // No compression: the limit counts the bytes on the wire, which a small compressed body could multiply.
  headers.set('accept-encoding', 'identity');
  const isSecure = url.protocol === 'https:';
  const { promise, resolve, reject } = Promise.withResolvers<Response>();

  const request = (isSecure ? https : http).request(url, {
    method: init.method ?? 'GET',
    headers: Object.fromEntries(headers),
    agent: isSecure ? agents.https : agents.http,
    ...(init.signal && { signal: init.signal }),
  });
  const isConnected = watchConnecting(request, isSecure ? 'secureConnect' : 'connect', connectMs);
  let isAnswered = false;
  request.on('response', (message) => {
    isAnswered = true;
    try {
      resolve(toResponse(message, maxResponseBytes));
    } catch (error) {
      message.destroy();
      reject(new FormaError('PROVIDER_BAD_RESPONSE', { cause: error }));
    }
  });
  request.on('error', (error) => {
    const isOurs = error instanceof ConnectFailure || init.signal?.aborted;
    reject(isOurs || isConnected() ? error : new ConnectFailure('network', error));
  });
  // Closed without a response or an error, as after status 101: nobody else would end the waiting.
  request.on('close', () => {
    if (!isAnswered) reject(new FormaError('PROVIDER_BAD_RESPONSE'));
  });
  request.end(init.body);
  return promise;
}

function watchConnecting(
  request: http.ClientRequest,
  connectEvent: string,
  connectMs: number,
): () => boolean {
  let isConnected = false;
  request.once('socket', (socket) => {
    if (!socket.connecting) {
      isConnected = true;
      return;
    }
    const timer = setTimeout(() => request.destroy(new ConnectFailure('timeout')), connectMs);
    socket.once('close', () => clearTimeout(timer));
    socket.once(connectEvent, () => {
      clearTimeout(timer);
      isConnected = true;
    });
  });
  return () => isConnected;
}

/** @throws RangeError or TypeError for a status or header that `fetch` does not know, and for 204 and its like. */
function toResponse(message: http.IncomingMessage, maxBytes: number): Response {
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return new Response(toBody(message, maxBytes), { status: message.statusCode ?? 0, headers });
}

function toBody(message: http.IncomingMessage, maxBytes: number): ReadableStream<Uint8Array> {
  const chunks = limitedChunks(message, maxBytes);
  const source: AsyncIterator<Uint8Array> = {
    next: () => chunks.next(),
    // The generator's own `return` does nothing before the first read, and the connection would stay.
    async return() {
      message.destroy();
      return { done: true, value: undefined };
    },
  };
  return ReadableStream.from({ [Symbol.asyncIterator]: () => source });
}

async function* limitedChunks(message: http.IncomingMessage, maxBytes: number): AsyncGenerator<Uint8Array> {
  let receivedBytes = 0;
  for await (const chunk of message) {
    receivedBytes += chunk.length;
    // Leaving the loop destroys the message and with it the connection.
    if (receivedBytes > maxBytes) {
      throw new FormaError('PROVIDER_RESPONSE_TOO_LARGE', { details: { maxBytes } });
    }
    yield chunk;
  }
}
