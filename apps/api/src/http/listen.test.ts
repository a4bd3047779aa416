import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { jsonBody } from './json-body.ts';
import { closeServer, listen, portOf } from './listen.ts';
import { speak } from './speak.fixture.ts';

/** A server that is in a hurry. */
let server: Awaited<ReturnType<typeof listen>>;
let url: string;
beforeAll(async () => {
  const app = express().post('/', jsonBody, (_request, response) => void response.sendStatus(204));
  const limits = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 };
  server = await listen(app, 0, '127.0.0.1', limits);
  url = `http://127.0.0.1:${portOf(server)}`;
});
afterAll(() => closeServer(server, 0));

const head = 'POST / HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n';

describe('a request that does not arrive', () => {
  it.each([
    ['says nothing at all', ''],
    ['never ends its head', 'GET / HTTP/1.1\r\nHost: test\r\n'],
    ['never sends its body', `${head}Content-Length: 10\r\n\r\n{`],
    ['never ends its chunks', `${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`],
    [
      'never ends its chunks, beyond what a body may hold',
      `${head}Transfer-Encoding: chunked\r\n\r\n1E8480\r\n${' '.repeat(2_000_000)}\r\n`,
    ],
  ])('and %s is answered 408, and its connection is closed', async (_, text) => {
    expect(await speak(url, text)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('and goes on and on is cut off', async () => {
    const socket = connect(portOf(server), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `FFFF\r\n${' '.repeat(0xffff)}\r\n`;
    const pump = () => {
      while (socket.writable && socket.write(chunk));
    };
    socket.on('drain', pump);
    pump();
    await new Promise((resolve) => socket.once('close', resolve));
  });
});
