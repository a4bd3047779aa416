import { isTerminal } from '@formaops/core';
import type { ExecutionProgress, LogView } from '@formaops/db';

/** What a `status` event says. */
export interface StatusData {
  id: string;
  status: ExecutionProgress['status'];
  attempt: number;
  at: Date;
  /** With the status in which it ends. */
  end?: EndData;
}

/** What is known when an execution has ended, its output aside. */
export interface EndData {
  validationStatus: ExecutionProgress['validationStatus'];
  costUsd: string | null;
  latencyMs: number | null;
  error: ExecutionProgress['error'];
}

/** A stored event of an execution. */
export type StoredEvent =
  | { type: 'status'; rank: number; atMs: number; data: StatusData }
  | { type: 'log'; atMs: number; writtenAtMs: number; line: LogView };

/** Statuses come in this order, so that who knows one knows those before: PENDING is 0, each attempt has its number. */
export const endRank = Number.MAX_SAFE_INTEGER;

/** The story of an execution as events, in order; the status in which it ended comes last. */
export function eventsOf(execution: ExecutionProgress): StoredEvent[] {
  const { id, status, attempt, createdAt, completedAt, attempts, logs } = execution;
  const statusAt = (rank: number, at: Date, data: Omit<StatusData, 'id' | 'at'>): StoredEvent => ({
    type: 'status',
    rank,
    atMs: at.getTime(),
    data: { id, at, ...data },
  });
  const begun = attempts.map((one) =>
    statusAt(one.attempt, one.startedAt, { status: 'RUNNING', attempt: one.attempt }),
  );
  const lines = logs.map(
    (line): StoredEvent => ({
      type: 'log',
      atMs: line.timestamp.getTime(),
      writtenAtMs: writtenAtMs(line),
      line,
    }),
  );
  const end = isTerminal(status) && completedAt !== null;
  return [
    statusAt(0, createdAt, { status: 'PENDING', attempt: 0 }),
    // Stable: of the same millisecond, the attempt comes before the line that says so.
    ...[...begun, ...lines].toSorted((a, b) => a.atMs - b.atMs),
    ...(end ? [statusAt(endRank, completedAt, { status, attempt, end: endOf(execution) })] : []),
  ];
}

function endOf({ validationStatus, costUsd, latencyMs, error }: ExecutionProgress): EndData {
  return { validationStatus, costUsd, latencyMs, error };
}

/**
 * When a line was written: an attempt's lines are written at its end, long after some of them happened. Their ids are
 * UUIDv7 of that moment, by the clock of the process that wrote them.
 */
function writtenAtMs({ id, timestamp }: LogView): number {
  const [, head, tail] = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(id) ?? [];
  return head && tail ? Number.parseInt(head + tail, 16) : timestamp.getTime();
}
