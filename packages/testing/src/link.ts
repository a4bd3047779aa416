import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be broken. */
export interface Link {
  /** The server's address, with this link's port in its place. */
  readonly url: string;
  /** Cuts what is connected and refuses what comes, until `open`. */
  cut(): void;
  open(): void;
  /** Nothing goes through any more and nobody is told, until `resume`. */
  stall(): void;
  resume(): void;
  /** As `stall`, for the one connection whose last message to the server contains this text, in any case. */
  stallAfter(text: string): Promise<void>;
  /** Fulfilled when nobody is connected. */
  isUnused(): Promise<void>;
  close(): Promise<void>;
}

export async function openLink(target: URL): Promise<Link> {
  const sockets = new Set<Socket>();
  const lastSent = new Map<Socket, { far: Socket; text: string }>();
  let isCut = false;
  let isStalled = false;
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(Number(target.port), target.hostname);
    near.on('data', (data) => {
      lastSent.set(near, { far, text: data.toString('latin1').toLowerCase() });
      server.emit('sent');
    });
    near.on('close', () => lastSent.delete(near));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      if (isStalled) socket.pause();
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        other.destroy();
        sockets.delete(socket);
        server.emit('socketClosed');
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    open() {
      isCut = false;
    },
    stall() {
      isStalled = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
    async stallAfter(text) {
      const isMeant = ([, last]: [Socket, { text: string }]) => last.text.includes(text.toLowerCase());
      let meant = [...lastSent].find(isMeant);
      while (!meant) {
        await once(server, 'sent');
        meant = [...lastSent].find(isMeant);
      }
      const [near, { far }] = meant;
      near.pause();
      far.pause();
    },
    async isUnused() {
      while (sockets.size > 0) await once(server, 'socketClosed');
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
