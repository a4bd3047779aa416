import { endRank, type StoredEvent } from './progress-events.ts';

/** How much of an execution's story a client has been told. */
export interface EventPosition {
  /** Of the latest status that it knows; -1 when it knows none. */
  rank: number;
  /** When the newest log line that it knows was written; 0 when it knows none. */
  writtenAtMs: number;
}

export const nothingTold: EventPosition = { rank: -1, writtenAtMs: 0 };

/**
 * Lines that were written so shortly before what a client knows are told again: processes have clocks of their own, and
 * statements overlap. Nothing is missed, and a line's id tells what came before.
 */
export const overlapMs = 10_000;

/** @returns where a client stands that stood there and is told this. */
export function advance(position: EventPosition, event: StoredEvent): EventPosition {
  if (event.type === 'status') return { ...position, rank: Math.max(position.rank, event.rank) };
  return { ...position, writtenAtMs: Math.max(position.writtenAtMs, event.writtenAtMs) };
}

/** @returns whether it may be new to a client that stands there. */
export function isAfter(position: EventPosition, event: StoredEvent): boolean {
  if (event.type === 'status') return event.rank > position.rank;
  return event.writtenAtMs > position.writtenAtMs - overlapMs;
}

/** As the `id:` of an event. */
export function encodePosition({ rank, writtenAtMs }: EventPosition): string {
  return `${rank === endRank ? 'end' : rank}.${writtenAtMs}`;
}

const pattern = /^(-1|\d{1,7}|end)\.(\d{1,15})$/;

/** @returns null for what was never the `id:` of an event. */
export function decodePosition(text: string): EventPosition | null {
  const [, rank, writtenAtMs] = pattern.exec(text) ?? [];
  if (rank === undefined) return null;
  return { rank: rank === 'end' ? endRank : Number(rank), writtenAtMs: Number(writtenAtMs) };
}
