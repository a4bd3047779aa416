import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type Bag, createBag } from '@formaops/core';
import { refuseConnection } from './client-error.ts';

/**
 * How long the head of a request and a whole request may take to arrive, and how often Node looks, in milliseconds. It
 * looks every 30 s when it is not told, so that 10 s would last up to 40.
 */
const arrivalLimits = { headersTimeout: 10_000, requestTimeout: 20_000, connectionsCheckingInterval: 2_000 };

/** Connections of a process at most; Node refuses further ones. */
const maxConnections = 10_000;

/**
 * Connections that may wait to be taken; the system may allow fewer. Of a thousand clients that come in one busy moment,
 * Node's own 511 would leave the rest without one.
 */
const backlog = 4_096;

/** When nothing was sent or taken for so long, a connection is closed: a client that does not read holds its answer in memory. */
const silenceMs = 120_000;

/** Answers that are not complete, for each server. */
const underWay = new WeakMap<Server, Bag<ServerResponse>>();

/** Listens with limits on how slowly a request may arrive. @throws what `listen` throws, such as `EADDRINUSE`. */
export async function listen(
  app: RequestListener,
  port: number,
  host: string,
  limits = arrivalLimits,
): Promise<Server> {
  const responses = createBag<ServerResponse>();
  const server = createServer({ ...limits, keepAliveTimeout: 65_000 }, (request, response) => {
    const forget = responses.add(response);
    if (!server.listening) sayLast(response);
    response.once('close', () => {
      forget();
      // A client that keeps its connection would hold up the end of a server that is closing.
      if (!server.listening) server.closeIdleConnections();
    });
    app(request, response);
  });
  server.on('clientError', (error, socket) => refuseConnection(error, socket, responses));
  server.maxConnections = maxConnections;
  server.timeout = silenceMs;
  underWay.set(server, responses);
  server.listen(port, host, backlog);
  await once(server, 'listening');
  return server;
}

/** The port that a server listens on. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/**
 * Takes no more connections, and fulfils when the last request is answered or `graceMs` are over. Answers say that they
 * are the last on their connection, so that no client sends another request into its end.
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const response of underWay.get(server) ?? []) sayLast(response);
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}

/** Node itself says `keep-alive` until the end. */
function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
