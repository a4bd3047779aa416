import type { Clock, Logger } from '@formaops/core';
import { noteNotRung, noteRung, type Queryable } from '@formaops/db';
import { createFlusher, type Flusher } from './flusher.ts';

export interface RingReceiptsOptions {
  /** When the bell of a new execution is taken for lost, in milliseconds. */
  bellLostMs: number;
  /** When workers look for the bell of an execution that still waits then, in milliseconds. */
  bellRepeatMs: number;
  clock: Pick<Clock, 'monotonicMs'>;
}

/** Notes of one statement, at most: nobody can claim what it has locked. */
const maxNotes = 500;

interface Receipt {
  id: string;
  rungAtMs: number;
}

export interface RingReceipts {
  /** These were rung for just now. */
  note(ids: readonly string[]): void;
  /** These could not be rung for, although their rows say so. */
  takeBack(ids: readonly string[]): void;
}

/**
 * Remembers which bells were rung, and notes it before they are taken for lost. By then workers have claimed all but those
 * of a long line, and what is claimed costs no note; what is lost with this process is looked for in the queue.
 */
export function createRingReceipts(
  db: Queryable,
  log: Logger,
  { bellLostMs, bellRepeatMs, clock }: RingReceiptsOptions,
): Flusher & RingReceipts {
  const rung: Receipt[] = [];
  const notRung: string[] = [];
  let isStopping = false;

  const takeDue = (): string[] => {
    const noteBefore = clock.monotonicMs() - bellLostMs / 2;
    const firstLeft = isStopping ? -1 : rung.findIndex(({ rungAtMs }) => rungAtMs > noteBefore);
    const due = rung.splice(0, firstLeft === -1 ? rung.length : firstLeft);
    return due.map(({ id }) => id);
  };
  // The latest are noted after three quarters of the time.
  const flusher = createFlusher(bellLostMs / 4, log, async () => {
    await inParts(notRung.splice(0), (ids) => noteNotRung(db, ids, bellLostMs));
    await inParts(takeDue(), (ids) => noteRung(db, ids, bellRepeatMs));
  });
  return {
    start: flusher.start,
    stop() {
      isStopping = true;
      return flusher.stop();
    },
    note(ids) {
      const rungAtMs = clock.monotonicMs();
      rung.push(...ids.map((id) => ({ id, rungAtMs })));
    },
    takeBack: (ids) => void notRung.push(...ids),
  };
}

async function inParts(ids: readonly string[], write: (ids: string[]) => Promise<void>): Promise<void> {
  for (let at = 0; at < ids.length; at += maxNotes) await write(ids.slice(at, at + maxNotes));
}
