import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of traffic. `cut`: reset and refused; `hole`: swallowed, and nobody is told. */
export type LinkState = 'open' | 'cut' | 'hole';

/** A way to a server that can be broken. */
export interface Link {
  /** The server's address, with this link's port in its place. */
  readonly url: string;
  set(state: LinkState): void;
  /** Delays everything by so many milliseconds, each way; 0 ends it. */
  delay(ms: number): void;
  close(): Promise<void>;
}

interface Way {
  /** Nothing that is sent leaves earlier than what was sent before. */
  lastAt: number;
  /** Lost packets do not come back: what was connected during a hole never speaks again. */
  dead: boolean;
}

/** Opens a link to a server that may come and go. */
export async function openLink(target: string): Promise<Link> {
  const server = new URL(target);
  const sockets = new Set<Socket>();
  const ways = new Set<Way>();
  let state: LinkState = 'open';
  let delayMs = 0;

  const forward = (from: Socket, to: Socket) => {
    const way: Way = { lastAt: 0, dead: state === 'hole' };
    ways.add(way);
    from.on('data', (bytes) => {
      if (way.dead || to.destroyed) return;
      const at = Math.max(way.lastAt, Date.now() + delayMs);
      way.lastAt = at;
      if (at <= Date.now()) return void writeWithPressure(from, to, bytes);
      setTimeout(() => {
        if (!way.dead && !to.destroyed) to.write(bytes);
      }, at - Date.now());
    });
    from.on('error', () => to.destroy());
    from.on('end', () => to.end());
    from.on('close', () => {
      to.destroy();
      sockets.delete(from);
      ways.delete(way);
    });
    sockets.add(from);
  };
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    if (state === 'cut') return void near.resetAndDestroy();
    const far = connect({ port: Number(server.port), host: server.hostname, noDelay: true });
    forward(near, far);
    forward(far, near);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(target);
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;

  return {
    url: url.href,
    set(next) {
      state = next;
      if (next === 'cut') for (const socket of sockets) socket.resetAndDestroy();
      if (next === 'hole') for (const way of ways) way.dead = true;
    },
    delay(ms) {
      delayMs = ms;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

function writeWithPressure(from: Socket, to: Socket, bytes: Buffer): void {
  if (to.write(bytes)) return;
  from.pause();
  to.once('drain', () => from.resume());
}
