import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './answer.ts';
import type { Call } from './call-log.ts';

/** What is written at once: small enough that a client that leaves is noticed while a huge body is sent. */
const WRITE_BYTES = 65_536;

type Settle = (outcome: Call['outcome'], usage: Call['usage']) => void;

/**
 * Sends an answer with its delays and tells how it ended, before the last bytes leave: who has read an answer to its
 * end finds the call settled. When the client leaves or the server is closed, all waiting ends at once.
 */
export async function sendAnswer(res: ServerResponse, answer: Answer, settle: Settle): Promise<void> {
  const gone = new AbortController();
  const leave = () => {
    settle('client-closed', null);
    gone.abort();
  };
  res.once('close', leave);
  if (res.destroyed) leave();
  try {
    await send(res, answer, settle, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

async function send(res: ServerResponse, answer: Answer, settle: Settle, signal: AbortSignal): Promise<void> {
  await pause(answer.latencyMs, signal);
  res.statusCode = answer.status;
  res.setHeaders(new Map(Object.entries({ ...answer.headers, 'x-request-id': answer.requestId })));

  const writes = answer.dripMs === 0 ? pack(answer.pieces) : answer.pieces;
  const last = answer.ending === 'end' ? writes.at(-1) : undefined;
  for (const bytes of last === undefined ? writes : writes.slice(0, -1)) {
    if (!res.write(bytes)) await once(res, 'drain', { signal });
    await pause(answer.dripMs, signal);
  }
  if (answer.ending === 'stall') return;
  settle(answer.outcome, answer.usage);
  // destroySoon sends what was written before it closes; destroy would take it back.
  if (answer.ending === 'cut') res.socket?.destroySoon();
  else res.end(last);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (ms > 0) await sleep(ms, undefined, { signal });
}

/** As few writes as possible, none of them large. */
function pack(pieces: readonly Buffer[]): readonly Buffer[] {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return bytes <= WRITE_BYTES ? [Buffer.concat(pieces)] : pieces.flatMap(slice);
}

function slice(piece: Buffer): Buffer[] {
  const starts = Array.from(
    { length: Math.ceil(piece.length / WRITE_BYTES) },
    (_, index) => index * WRITE_BYTES,
  );
  return starts.map((start) => piece.subarray(start, start + WRITE_BYTES));
}
