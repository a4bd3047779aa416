import { connect } from 'node:net';

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

/** The text of a request; `Connection: close` makes the server end the conversation. */
export function requestText(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: test', 'Connection: close', ...headers, '', body].join('\r\n');
}
