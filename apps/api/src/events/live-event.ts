import type { ExecutionProgress } from '@formaops/db';
import type { OutputPiece } from '@formaops/queue';
import { type EventPosition, encodePosition } from './event-position.ts';
import { dataOf, eventText, outputData } from './event-text.ts';
import type { StoredEvent } from './progress-events.ts';

export const eventTypes = ['status', 'log', 'output'] as const;
export type EventType = (typeof eventTypes)[number];

/** Something that has just happened to an execution. Its bytes are made once, however many clients get them. */
export interface LiveEvent {
  executionId: string;
  promptId: string;
  type: EventType;
  /** Null for a piece of text, which is stored nowhere. */
  stored: StoredEvent | null;
  /** For streams of this execution. */
  forExecution(): Buffer;
  /** For streams of all executions of its user. */
  forUser(): Buffer;
}

/** @param position what has been told of the execution, this event included. */
export function storedLiveEvent(
  { id, promptId }: ExecutionProgress,
  stored: StoredEvent,
  position: EventPosition,
): LiveEvent {
  return {
    executionId: id,
    promptId,
    type: stored.type,
    stored,
    forExecution: once(() => executionBytes(id, stored, position)),
    forUser: once(() => userBytes(id, stored)),
  };
}

export function outputLiveEvent(piece: OutputPiece): LiveEvent {
  const bytes = once(() => Buffer.from(eventText('output', outputData(piece))));
  const { executionId, promptId } = piece;
  return { executionId, promptId, type: 'output', stored: null, forExecution: bytes, forUser: bytes };
}

/** A stored event for a stream of its execution. */
export function executionBytes(executionId: string, event: StoredEvent, position: EventPosition): Buffer {
  return Buffer.from(eventText(event.type, dataOf(event, executionId), encodePosition(position)));
}

/** A stored event for a stream of all executions of a user, which remembers a time. */
export function userBytes(executionId: string, event: StoredEvent): Buffer {
  return Buffer.from(eventText(event.type, dataOf(event, executionId), String(event.atMs)));
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
