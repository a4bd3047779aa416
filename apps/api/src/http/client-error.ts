import { randomUUID } from 'node:crypto';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { FormaError } from '@formaops/core';
import { problemOf, retryAfterOf } from './problem.ts';

/**
 * Ends a connection on which Node found no request, or no end of one. Who was too slow is answered `REQUEST_TIMEOUT`, and
 * everybody else by a bare status, as Node does without being told.
 *
 * @param underWay what the server is answering, on whatever connection. Once its head was sent there is nothing more to say.
 */
export function refuseConnection(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  underWay: Iterable<ServerResponse>,
): void {
  // Looked for only where it matters: thousands of clients may leave at once.
  if (socket.writable) {
    const response = Iterator.from(underWay).find((one) => one.socket === socket);
    if (!response?.headersSent) socket.write(answerTo(error, response));
  }
  socket.destroy(error);
}

function answerTo({ code = '' }: NodeJS.ErrnoException, response: ServerResponse | undefined): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return tooSlow(String(response?.getHeader('x-request-id') ?? randomUUID()));
  return answer(statuses[code] ?? 400, [], '');
}

const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

function tooSlow(requestId: string): string {
  const error = new FormaError('REQUEST_TIMEOUT');
  const problem = problemOf(error, { locals: { requestId } });
  const headers = [
    'Content-Type: application/problem+json; charset=utf-8',
    `Retry-After: ${retryAfterOf(error)}`,
    `X-Request-Id: ${requestId}`,
  ];
  return answer(problem.status, headers, JSON.stringify(problem));
}

function answer(status: number, headers: string[], body: string): string {
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return [line, ...headers, length, 'Connection: close', '', body].join('\r\n');
}
