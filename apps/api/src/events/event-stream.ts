import type { Response } from 'express';
import { greeting, heartbeat } from './event-text.ts';

/** One client that is told of events. */
export interface EventStream {
  /** Sends some events; a client for which too much waits is cut off. Does nothing once the stream is over. */
  write(chunk: Buffer): void;
  /** Sends many events at the speed of the client. Rejects when it goes away. */
  writeAll(chunks: Iterable<Buffer>): Promise<void>;
  /** Shows that the line is alive, unless something waits to be taken. */
  beat(): void;
  /** Sends a last word and ends the answer. */
  end(chunk?: Buffer): void;
  /** Cuts the client off. */
  drop(): void;
  /** For how long the client has taken nothing of what waits for it, in milliseconds, as far as it was asked before. */
  stuckForMs(): number;
  /** Aborted when it is over, whoever ended it. */
  closed: AbortSignal;
}

/** Bytes that wait for a client at most, besides what the system holds for it. */
const maxWaitingBytes = 65_536;

/** What is sent at the speed of the client waits in portions of so many bytes. */
const portionBytes = 16_384;

const alive = Buffer.from(heartbeat);

/** Answers with a stream of events, and says the first words at once. */
export function openEventStream(response: Response, monotonicMs: () => number): EventStream {
  const closed = new AbortController();
  const drop = () => void response.destroy();
  const isOver = () => response.writableEnded || response.destroyed;

  response.once('close', () => closed.abort());
  if (response.closed) closed.abort();
  // A connection that breaks is no error: the client comes again.
  response.on('error', () => undefined);
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    // Nothing on the way may keep, change or gather it.
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
    Connection: 'close',
  });
  response.write(greeting);

  return {
    write(chunk) {
      if (isOver()) return;
      response.write(chunk);
      if (response.writableLength > maxWaitingBytes) drop();
    },
    async writeAll(chunks) {
      for (const portion of inPortions(chunks)) {
        closed.signal.throwIfAborted();
        if (!isOver()) await taken(response, portion, closed.signal);
      }
    },
    beat() {
      if (!isOver() && response.writableLength === 0) response.write(alive);
    },
    end(chunk) {
      if (!isOver()) response.end(chunk);
    },
    drop,
    stuckForMs: watchProgress(response, monotonicMs),
    closed: closed.signal,
  };
}

function* inPortions(chunks: Iterable<Buffer>): Generator<Buffer> {
  let portion: Buffer[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    portion.push(chunk);
    bytes += chunk.length;
    if (bytes < portionBytes) continue;
    yield Buffer.concat(portion);
    [portion, bytes] = [[], 0];
  }
  if (bytes > 0) yield Buffer.concat(portion);
}

/** Fulfilled when the system has taken it. */
async function taken(response: Response, portion: Buffer, closed: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = () => reject(closed.reason);
  closed.addEventListener('abort', fail, { once: true });
  response.write(portion, () => resolve());
  try {
    await promise;
  } finally {
    closed.removeEventListener('abort', fail);
  }
}

function watchProgress(response: Response, monotonicMs: () => number): () => number {
  let takenBefore = -1;
  let movedAtMs = monotonicMs();
  return () => {
    const { writableLength: waiting, socket } = response;
    // Node counts what waits as written.
    const takenBytes = (socket?.bytesWritten ?? 0) - waiting;
    if (waiting === 0 || takenBytes > takenBefore) movedAtMs = monotonicMs();
    takenBefore = Math.max(takenBefore, takenBytes);
    return monotonicMs() - movedAtMs;
  };
}
