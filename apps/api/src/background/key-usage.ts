import type { Logger } from '@formaops/core';
import { noteKeysUsed, type Queryable } from '@formaops/db';
import { createFlusher, type Flusher } from './flusher.ts';

/** Remembers when keys were used and writes it for all of them every half minute, instead of once a request. */
export function createKeyUsage(db: Queryable, log: Logger): Flusher & { note(keyId: string): void } {
  let used = new Map<string, Date>();
  const flusher = createFlusher(30_000, log, async () => {
    const toWrite = used;
    used = new Map();
    if (toWrite.size > 0) await noteKeysUsed(db, toWrite);
  });
  return { ...flusher, note: (keyId) => void used.set(keyId, new Date()) };
}
