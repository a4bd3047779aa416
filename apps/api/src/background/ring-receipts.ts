import type { Clock, Logger } from '@formaops/core';
import { noteRung, type Queryable } from '@formaops/db';
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

/**
 * Remembers which bells were rung, and notes it before they are taken for lost. By then workers have claimed all but those
 * of a long line, and what is claimed costs no note; what is lost with this process is looked for in the queue.
 */
export function createRingReceipts(
  db: Queryable,
  log: Logger,
  { bellLostMs, bellRepeatMs, clock }: RingReceiptsOptions,
): Flusher & { note(ids: readonly string[]): void } {
  const rung: Receipt[] = [];
  let isStopping = false;

  const takeDue = (): string[] => {
    const noteBefore = clock.monotonicMs() - bellLostMs / 2;
    const firstLeft = isStopping ? -1 : rung.findIndex(({ rungAtMs }) => rungAtMs > noteBefore);
    const due = rung.splice(0, firstLeft === -1 ? rung.length : firstLeft);
    return due.map(({ id }) => id);
  };
  // The latest are noted after three quarters of the time.
  const flusher = createFlusher(bellLostMs / 4, log, async () => {
    const due = takeDue();
    for (let at = 0; at < due.length; at += maxNotes) {
      await noteRung(db, due.slice(at, at + maxNotes), bellRepeatMs);
    }
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
  };
}
