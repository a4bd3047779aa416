import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { RequestHandler } from 'express';

/**
 * Sets the headers that a middleware sets whatever the request is, without asking it each time: helmet's took a
 * twentieth of the API's time under full load.
 */
export function fixedHeaders(
  middleware: (request: IncomingMessage, response: ServerResponse, next: () => void) => void,
): RequestHandler {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  middleware(request, response, () => undefined);
  const headers = Object.entries(response.getHeaders()).map(
    ([name, value]) => [name, String(value)] as const,
  );
  return (_request, answer, next) => {
    for (const [name, value] of headers) answer.setHeader(name, value);
    next();
  };
}
