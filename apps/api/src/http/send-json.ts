import type { ServerResponse } from 'node:http';

/**
 * Answers with a body as JSON. Express' own `json` looks for what is decided here already, such as whether the caller has the
 * answer.
 */
export function sendJson(response: ServerResponse, body: unknown): void {
  const text = JSON.stringify(body);
  const bytes = Buffer.byteLength(text);
  if (!response.hasHeader('content-type'))
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', bytes);
  // Plain ASCII, which most answers are, is written faster when Node knows it.
  response.end(text, bytes === text.length ? 'latin1' : 'utf8');
}
