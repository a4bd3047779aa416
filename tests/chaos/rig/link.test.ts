import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Link, openLink } from './link.ts';

let echo: Server;
let link: Link;
const opened: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => void socket.on('error', () => socket.destroy()).pipe(socket)).listen(
    0,
    '127.0.0.1',
  );
  await once(echo, 'listening');
  link = await openLink(`redis://user@127.0.0.1:${(echo.address() as AddressInfo).port}/1`);
});

afterEach(async () => {
  // First, because a link that closes with bytes still unread resets who sent them.
  for (const socket of opened.splice(0)) socket.destroy();
  await link.close();
  echo.close();
});

function open() {
  const socket = connect(Number(new URL(link.url).port), '127.0.0.1');
  opened.push(socket);
  return socket;
}

async function answerTo(text: string, socket = open()): Promise<string> {
  socket.write(text);
  const [bytes] = await once(socket, 'data');
  return String(bytes);
}

describe('openLink', () => {
  it('keeps the address but for the port, and lets everything through', async () => {
    expect(new URL(link.url)).toMatchObject({ protocol: 'redis:', username: 'user', pathname: '/1' });
    expect(await answerTo('hello')).toBe('hello');
  });

  it('resets what is connected when it is cut, and refuses what comes until it is open again', async () => {
    const socket = open();
    await answerTo('hello', socket);
    const reset = once(socket, 'error');
    link.set('cut');
    expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' });
    await expect(answerTo('hello')).rejects.toMatchObject({ code: 'ECONNRESET' });
    link.set('open');
    expect(await answerTo('again')).toBe('again');
  });

  it('swallows what is sent during a hole; what was connected then stays silent for ever', async () => {
    const before = open();
    await answerTo('hello', before);
    link.set('hole');
    before.write('lost');
    link.set('open');
    before.write('lost as well');
    // Comes after what was written before it, and is the first that is answered.
    expect(await answerTo('heard')).toBe('heard');
    expect(before.destroyed).toBe(false);
    expect(before.bytesRead).toBe('hello'.length);
  });

  it('delays each way without changing the order', async () => {
    link.delay(20);
    const socket = open();
    const startedAt = performance.now();
    socket.write('a');
    const all = (async () => {
      let text = '';
      for await (const bytes of socket) {
        text += bytes;
        if (text.length === 2) return text;
      }
      return text;
    })();
    socket.write('b');
    expect(await all).toBe('ab');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(39);
  });
});
