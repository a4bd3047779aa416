import { connect } from 'node:net';
import { recordingLog } from '@formaops/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { boundedBodies } from './bounded-bodies.ts';
import { call } from './call.fixture.ts';
import { errorHandler } from './error-handler.ts';
import { closeServer, listen, portOf } from './listen.ts';

const closes: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

/** A server with room for two bodies of 100 bytes and each user for one, which answers `/held` only when it is told to. */
async function setup() {
  const held: Array<() => void> = [];
  const arrived: Array<() => void> = [];
  const late = { came: Promise.withResolvers<void>(), left: Promise.withResolvers<void>() };
  const app = express();
  // As when its key is looked up for so long.
  app.use('/late', (_request, response, next) => {
    late.came.resolve();
    response.once('close', () => {
      next();
      late.left.resolve();
    });
  });
  app.use((request, response, next) => {
    response.locals['caller'] = { userId: request.get('x-user') };
    next();
  });
  app.use(boundedBodies({ maxBytes: 200, maxBytesOfUser: 100 })(1_000));
  app.post('/held', (_request, response) => {
    held.push(() => void response.sendStatus(204));
    arrived.shift()?.();
  });
  app.all('/', (_request, response) => void response.sendStatus(204));
  app.use(errorHandler(recordingLog()));
  const server = await listen(app, 0, '127.0.0.1');
  closes.push(() => closeServer(server, 0));
  const url = `http://127.0.0.1:${portOf(server)}`;
  return {
    url,
    port: portOf(server),
    late,
    send: (user: string, path = '/') =>
      call(url + path, { method: 'POST', headers: { 'x-user': user }, body: 'x'.repeat(100) }),
    /** Fulfilled when so many are being held. */
    async holding(count: number) {
      while (held.length < count) await new Promise<void>((resolve) => arrived.push(resolve));
    },
    answerAll: () => {
      for (const answer of held.splice(0)) answer();
    },
  };
}

describe('boundedBodies', () => {
  it('refuses a body for which there is no room, and takes one again when the others are answered', async () => {
    const { send, holding, answerAll } = await setup();
    const others = [send('a', '/held'), send('b', '/held')];
    await holding(2);
    const refused = await send('c');
    expect(refused).toMatchObject({ status: 503, body: { code: 'OVERLOADED' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    answerAll();
    await Promise.all(others);
    expect((await send('c')).status).toBe(204);
  });

  it('gives each user a part, so that one who takes it all shuts out nobody else', async () => {
    const { send, holding, answerAll } = await setup();
    const greedy = send('a', '/held');
    await holding(1);
    expect((await send('a')).status).toBe(503);
    expect((await send('b')).status).toBe(204);
    answerAll();
    await greedy;
    expect((await send('a')).status).toBe(204);
  });

  it('never refuses a request without a body', async () => {
    const { url, send, holding, answerAll } = await setup();
    const others = [send('a', '/held'), send('b', '/held')];
    await holding(2);
    expect((await call(url)).status).toBe(204);
    answerAll();
    await Promise.all(others);
  });

  it('forgets a body whose client has left', async () => {
    const { port, send, holding } = await setup();
    const sockets = ['a', 'b'].map((user) => {
      const socket = connect(port, '127.0.0.1');
      socket.write(`POST /held HTTP/1.1\r\nHost: x\r\nX-User: ${user}\r\nContent-Length: 100\r\n\r\n`);
      return socket;
    });
    await holding(2);
    for (const socket of sockets) socket.destroy();
    for (;;) if ((await send('c')).status === 204) break;
  });

  it('does not count a body whose client has left before it came so far', async () => {
    const { port, send, late } = await setup();
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /late HTTP/1.1\r\nHost: x\r\nX-User: a\r\nContent-Length: 100\r\n\r\n');
    await late.came.promise;
    socket.destroy();
    await late.left.promise;
    expect((await send('a')).status).toBe(204);
  });
});
