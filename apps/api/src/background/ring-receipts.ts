import type { Logger } from '@formaops/core';
import { noteRung, type Queryable } from '@formaops/db';
import { createFlusher, type Flusher } from './flusher.ts';

/**
 * Remembers which bells were rung and notes it once a second. By then a worker has claimed most of them, and those
 * need no note; what is lost with this process is rung for once more.
 *
 * @param repeatMs when workers look for the bell of an execution that still waits then.
 */
export function createRingReceipts(
  db: Queryable,
  log: Logger,
  repeatMs: number,
): Flusher & { note(ids: readonly string[]): void } {
  let rung: string[] = [];
  const flusher = createFlusher(1_000, log, async () => {
    const toWrite = rung;
    rung = [];
    if (toWrite.length > 0) await noteRung(db, toWrite, repeatMs);
  });
  return { ...flusher, note: (ids) => void rung.push(...ids) };
}
