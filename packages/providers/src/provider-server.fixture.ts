import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface ReceivedRequest {
  path: string | undefined;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

export interface ProviderServer {
  /** Up to and including `/v1`. */
  baseUrl: string;
  requests: ReceivedRequest[];
  /** How many connections were ever opened. */
  connectionCount(): number;
  /** Resolves when every connection opened so far is closed. */
  connectionsClosed(): Promise<unknown>;
  close(): Promise<void>;
}

type Handler = (response: ServerResponse, request: IncomingMessage) => void;

/** An HTTP server on a free port of this machine that answers every request by `handler`, once its body is read. */
export async function startProviderServer(handler: Handler): Promise<ProviderServer> {
  const sockets: { socket: Socket; closed: Promise<void> }[] = [];
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    requests.push({
      path: request.url,
      headers: request.headers,
      body: JSON.parse(Buffer.concat(pieces).toString()),
    });
    handler(response, request);
  });
  server.on('connection', (socket) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    socket.on('error', () => undefined);
    socket.on('close', resolve);
    sockets.push({ socket, closed });
  });
  await listen(server);

  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    connectionCount: () => sockets.length,
    connectionsClosed: () => Promise.all(sockets.map(({ closed }) => closed)),
    close() {
      for (const { socket } of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

export const usage = { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 };

/** A chunk of a streamed answer; `choice` completes its only choice. */
export function chunk(content?: unknown, choice: object = {}): object {
  const delta = content === undefined ? {} : { content };
  return { model: 'gpt-4o-mini-2024-07-18', choices: [{ index: 0, delta, finish_reason: null, ...choice }] };
}

export const finish = (reason: unknown = 'stop') => chunk(undefined, { finish_reason: reason });
export const usageChunk = (stated: unknown = usage) => ({ choices: [], usage: stated });

/** The events as they travel; strings are sent as they are. */
export function eventText(...events: (object | string)[]): string {
  return events
    .map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
    .join('');
}

export function startStream(response: ServerResponse, ...events: (object | string)[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_1' });
  response.write(eventText(...events));
}

export function streamAnswer(response: ServerResponse, ...events: (object | string)[]): void {
  startStream(response, ...events);
  response.end();
}

export function replyJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: object = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_1', ...headers });
  response.end(JSON.stringify(body));
}

/** The text "Hello, world" in pieces, of which the first is empty, as OpenAI sends it. */
export const helloChunks = [
  chunk('', { delta: { role: 'assistant', content: '' } }),
  chunk('Hello, '),
  chunk('world'),
];
export const helloStream = [...helloChunks, finish(), usageChunk(), '[DONE]'];
