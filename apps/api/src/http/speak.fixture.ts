import { connect } from 'node:net';
import { expectDescribed } from '../openapi/described.fixture.ts';
import type { Answer } from './call.fixture.ts';

/**
 * Sends text as it is, on a connection of its own, for what no HTTP client would send.
 *
 * @returns everything that came back until the server closed the connection.
 */
export async function speak(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk;
  });
  // A server that closes while it is still being written to may reset the connection; what it said counts.
  socket.on('error', () => undefined);
  socket.write(text);
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

/** Sends one request as {@link speak} does; fails when there is no answer that the OpenAPI document describes. */
export async function speakTo(url: string, method: string, text: string): Promise<Answer> {
  const [head = '', body = ''] = (await speak(url, text)).split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const headers = new Headers(
    fields.map((field): [string, string] => [field.split(': ')[0] ?? '', field.split(': ')[1] ?? '']),
  );
  const answer = { status: Number(line.split(' ')[1]), headers, text: body, body: JSON.parse(body) };
  await expectDescribed(url, method, answer);
  return answer;
}

/** The text of a request; `Connection: close` makes the server end the conversation. */
export function requestText(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: test', 'Connection: close', ...headers, '', body].join('\r\n');
}
