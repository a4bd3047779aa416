import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Response } from 'express';
import express from 'express';
import { closeServer, listen, portOf } from '../http/listen.ts';
import { type EventStream, openEventStream } from './event-stream.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A stream over a real connection, and the client's end of it, which reads nothing until it is told. */
async function setup(): Promise<{
  stream: EventStream;
  response: Response;
  client: Socket;
  clock: { now: number };
}> {
  const app = express();
  const opened = Promise.withResolvers<Response>();
  app.use((_request, response) => opened.resolve(response));
  const server = await listen(app, 0, '127.0.0.1');
  cleanUps.push(() => closeServer(server, 0));
  const client = connect(portOf(server), '127.0.0.1');
  client.on('error', () => undefined).pause();
  client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
  const response = await opened.promise;
  const clock = { now: 0 };
  return { stream: openEventStream(response, () => clock.now), response, client, clock };
}

const kilobyte = Buffer.from('x'.repeat(1_024));

/** Writes until the system takes no more. @returns how much waited at most. */
async function fill(stream: EventStream, response: Response): Promise<number> {
  let waiting = 0;
  for (let n = 0; n < 100_000 && !stream.closed.aborted && !response.destroyed; n += 1) {
    stream.write(kilobyte);
    waiting = Math.max(waiting, response.writableLength);
    // Lets the system take what it will.
    if (n % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return waiting;
}

function* repeated(count: number): Generator<Buffer> {
  for (let n = 0; n < count; n += 1) yield kilobyte;
}

/** Waits until the system has taken what it will: nothing has moved for a while. */
async function untilFull(response: Response): Promise<void> {
  for (let before = -1, still = 0; still < 20; ) {
    const written = response.socket?.bytesWritten ?? 0;
    still = written === before && response.writableLength > 0 ? still + 1 : 0;
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('openEventStream', () => {
  it('cuts off a client that does not read, before much waits for it', async () => {
    const { stream, response } = await setup();
    const waiting = await fill(stream, response);
    expect(response.destroyed).toBe(true);
    expect(waiting).toBeLessThan(70_000);
    if (!stream.closed.aborted) await once(stream.closed, 'abort');
    // Whoever tells later does no harm.
    stream.write(kilobyte);
    stream.end(kilobyte);
  });

  it('knows for how long a client takes nothing, and forgets it when it does', async () => {
    const { stream, response, client, clock } = await setup();
    clock.now += 60_000;
    expect(stream.stuckForMs()).toBe(0);
    const sending = stream.writeAll(repeated(20_000));
    await untilFull(response);
    stream.stuckForMs();
    clock.now += 31_000;
    expect(stream.stuckForMs()).toBe(31_000);
    client.resume();
    await sending;
    expect(stream.stuckForMs()).toBe(0);
  });

  it('says that it is alive where nothing waits, and only there', async () => {
    const { stream, response } = await setup();
    stream.beat();
    const sending = stream.writeAll(repeated(20_000));
    sending.catch(() => undefined);
    await untilFull(response);
    const waiting = response.writableLength;
    stream.beat();
    expect(response.writableLength).toBe(waiting);
  });

  it('sends much at the speed of the client, and stops when it goes away', async () => {
    const { stream, response, client } = await setup();
    const sending = stream.writeAll(repeated(20_000));
    await untilFull(response);
    expect(response.writableLength).toBeLessThan(70_000);
    client.destroy();
    await expect(sending).rejects.toThrow();
  });

  it('ends an answer as a whole one', async () => {
    const { stream, client } = await setup();
    let text = '';
    client.setEncoding('utf8').on('data', (piece) => {
      text += piece;
    });
    stream.end(Buffer.from('data: 1\n\n'));
    client.resume();
    await once(client, 'end');
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(text).toMatch(/data: 1\n\n\r\n0\r\n\r\n$/);
  });
});
