import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { jsonBody } from './json-body.ts';
import { closeServer, listen, portOf } from './listen.ts';
import { speak } from './speak.fixture.ts';

const limits = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 };

/** A server that is in a hurry. */
let server: Awaited<ReturnType<typeof listen>>;
let url: string;
beforeAll(async () => {
  const app = express().post('/', jsonBody, (_request, response) => void response.sendStatus(204));
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
    const answer = await speak(url, text);
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    const { code, requestId } = JSON.parse(body);
    expect(code).toBe('REQUEST_TIMEOUT');
    expect(head).toContain('\r\nContent-Type: application/problem+json; charset=utf-8\r\nRetry-After: 1\r\n');
    expect(head).toContain(`\r\nX-Request-Id: ${requestId}\r\n`);
  });

  it.each([
    ['is none', 'nonsense\r\n\r\n', 400],
    ['has too large a head', `GET / HTTP/1.1\r\nHost: test\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['has a wrong body', `${head}Transfer-Encoding: chunked\r\n\r\nnonsense\r\n`, 400],
  ])('because it %s is answered by a status, and its connection is closed', async (_, text, status) => {
    expect(await speak(url, text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\r\n\r\n$`, 's'));
  });

  it('after a part of the answer was sent is told nothing more', async () => {
    const answering = await listen(
      (_request, response) => void response.writeHead(200, { 'content-length': 10 }).write('begun'),
      0,
      '127.0.0.1',
      limits,
    );
    const answer = await speak(`http://127.0.0.1:${portOf(answering)}`, `${head}Content-Length: 10\r\n\r\n{`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nbegun$/s);
    await closeServer(answering, 0);
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

describe('a server that is closed', () => {
  it('says on what it still answers that the connection ends', async () => {
    const heard = new EventEmitter<{ request: [ServerResponse] }>();
    const closing = await listen(
      (_request, response) => void heard.emit('request', response),
      0,
      '127.0.0.1',
    );
    const socket = connect(portOf(closing), '127.0.0.1');
    const answer = text(socket);
    const begin = once(heard, 'request');
    socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
    const [first] = await begin;
    const closed = closeServer(closing, 60_000);
    first.end();
    await closed;
    expect(await answer).toMatch(/^HTTP\/1\.1 200 .*\r\nconnection: close\r\n/is);
  });

  it('says so to a request that is heard only then', async () => {
    const heard = new EventEmitter<{ request: [ServerResponse] }>();
    const closing = await listen(
      (_request, response) => void heard.emit('request', response),
      0,
      '127.0.0.1',
    );
    const socket = connect(portOf(closing), '127.0.0.1');
    const answers = text(socket);
    const begin = once(heard, 'request');
    socket.write('GET /1 HTTP/1.1\r\nHost: test\r\n\r\n');
    const [first] = await begin;
    // Its head is out, so it cannot say it any more.
    first.writeHead(200, { 'content-length': 2 }).flushHeaders();
    const closed = closeServer(closing, 60_000);
    const next = once(heard, 'request');
    socket.write('GET /2 HTTP/1.1\r\nHost: test\r\n\r\n');
    const [second] = await next;
    first.end('ok');
    second.end();
    await closed;
    const [, firstHead, secondHead] = (await answers).split('HTTP/1.1 200');
    expect(firstHead).toContain('Connection: keep-alive');
    expect(secondHead).toContain('Connection: close');
  });
});
