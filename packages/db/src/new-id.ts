import { randomUUIDv7 } from 'node:crypto';

let latest = '';

/**
 * Makes a UUIDv7 that is greater than every one this process made before, so that rows written in the same millisecond
 * keep their order: within one, the random part is counted up (RFC 9562, section 6.2, method 2).
 */
export function newId(): string {
  const id = randomUUIDv7();
  latest = id > latest ? id : successorOf(latest);
  return latest;
}

/** Counts the last 48 bits up; that they overflow within a millisecond is as unlikely as two equal random ids. */
function successorOf(id: string): string {
  const counter = Number.parseInt(id.slice(24), 16) + 1;
  return id.slice(0, 24) + counter.toString(16).padStart(12, '0');
}
