import { type Clock, FormaError, type Logger } from '@formaops/core';
import { type Caller, findActiveKeys, type Queryable } from '@formaops/db';
import type { Response } from 'express';
import { type EventStream, openEventStream } from './event-stream.ts';
import { eventText } from './event-text.ts';
import { createTurns } from './turns.ts';

/** The streams of this process: so many at most, kept alive, and ended when they have to. */
export interface EventStreams {
  /**
   * Takes a place for a stream.
   *
   * @throws FormaError `TOO_MANY_STREAMS` for the user, `OVERLOADED` for everybody, or `SHUTTING_DOWN`.
   */
  reserve(caller: Caller): Reservation;
  start(): void;
  /** Ends every stream, so that its client comes again and reaches another process. */
  stop(): void;
}

/** A place; given back when it goes out of scope without a stream, and otherwise when the stream is over. */
export interface Reservation extends Disposable {
  open(response: Response): EventStream;
}

export interface EventStreamsOptions {
  db: Queryable;
  maxStreams: number;
  maxStreamsPerUser: number;
  clock: Pick<Clock, 'monotonicMs'>;
  log: Logger;
  /** How often is looked whether the keys of the streams are active still, in milliseconds; three seconds unless set. */
  checkKeysMs?: number;
}

/** A client that takes nothing for so long is cut off, in milliseconds. */
const maxStuckMs = 30_000;

/** A stream on which nothing happens is written to this often; anything between would take it for dead later. */
const heartbeatMs = 15_000;

/** Streams are visited in turns, so that thousands of heartbeats do not hold up a request. */
const turnMs = 100;

interface Open {
  stream: EventStream;
  keyId: string;
}

export function createEventStreams(options: EventStreamsOptions): EventStreams {
  const { db, maxStreams, maxStreamsPerUser, clock, log, checkKeysMs = 3_000 } = options;
  const open = new Set<Open>();
  const countOf = new Map<string, number>();
  let reserved = 0;
  let isStopping = false;
  let isChecking = false;
  const timers: NodeJS.Timeout[] = [];

  const release = (userId: string) => {
    reserved -= 1;
    const left = (countOf.get(userId) ?? 0) - 1;
    if (left > 0) countOf.set(userId, left);
    else countOf.delete(userId);
  };
  const nextTurn = createTurns(open, turnMs, heartbeatMs);
  const beat = () => {
    for (const { stream } of nextTurn()) stream.beat();
  };
  const dropStuck = () => {
    for (const { stream } of open) if (stream.stuckForMs() > maxStuckMs) stream.drop();
  };
  const checkKeys = async () => {
    // One look at a time, as a slow database needs it.
    if (open.size === 0 || isChecking) return;
    isChecking = true;
    try {
      const active = await findActiveKeys(db, [...new Set([...open].map(({ keyId }) => keyId))]);
      for (const { stream, keyId } of open) if (!active.has(keyId)) stream.end(keyRevoked);
    } catch (error) {
      log.warn({ err: error, streams: open.size }, 'keys of streams not checked');
    } finally {
      isChecking = false;
    }
  };

  return {
    reserve({ userId, keyId }) {
      if (isStopping) throw new FormaError('SHUTTING_DOWN');
      if (reserved >= maxStreams) throw new FormaError('OVERLOADED', { retryAfterMs: 5_000 });
      const count = countOf.get(userId) ?? 0;
      if (count >= maxStreamsPerUser) throw new FormaError('TOO_MANY_STREAMS', { retryAfterMs: 5_000 });
      reserved += 1;
      countOf.set(userId, count + 1);
      let isOpen = false;
      return {
        open(response) {
          isOpen = true;
          const stream = openEventStream(response, clock.monotonicMs);
          const one = { stream, keyId };
          open.add(one);
          const close = () => {
            open.delete(one);
            release(userId);
          };
          if (stream.closed.aborted) close();
          else stream.closed.addEventListener('abort', close, { once: true });
          if (isStopping) stream.end();
          return stream;
        },
        [Symbol.dispose]() {
          if (!isOpen) release(userId);
          isOpen = true;
        },
      };
    },
    start() {
      timers.push(
        setInterval(beat, turnMs),
        setInterval(dropStuck, 1_000),
        setInterval(() => void checkKeys(), checkKeysMs),
      );
    },
    stop() {
      isStopping = true;
      for (const timer of timers) clearInterval(timer);
      for (const { stream } of open) stream.end();
    },
  };
}

/** Said before the end: coming again is of no use. */
const keyRevoked = Buffer.from(eventText('end', { reason: 'KEY_REVOKED' }));
