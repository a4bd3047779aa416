/** An execution and whose it is. */
export interface ExecutionRef {
  readonly executionId: string;
  readonly userId: string;
}

/** A piece of the text that a model writes. */
export interface OutputPiece extends ExecutionRef {
  readonly promptId: string;
  readonly attempt: number;
  /** How many characters (UTF-16 code units) of the attempt's text come before it. */
  readonly offset: number;
  readonly text: string;
}

/** What one process wants to hear of. Said again and again: who falls silent is forgotten. */
export interface WatchNotice {
  /** Where to send it. */
  readonly address: string;
  /** Made by {@link executionKey} and {@link userKey}. */
  readonly keys: readonly string[];
  /** Whether the text that models write is wanted, too. */
  readonly output: boolean;
}

/** What has happened to executions that somebody watches. */
export interface EventsMessage {
  /** Pieces first: what has changed is told after the text that led to it. */
  readonly output: readonly OutputPiece[];
  /** Executions of which PostgreSQL has news. */
  readonly changed: readonly ExecutionRef[];
}

export function executionKey(executionId: string): string {
  return `e:${executionId}`;
}

/** Stands for all executions of a user. */
export function userKey(userId: string): string {
  return `u:${userId}`;
}

/** Reads a notice back; null when it is something else, of a newer release for example. */
export function parseWatchNotice(data: unknown): WatchNotice | null {
  if (!isRecord(data)) return null;
  const { address, keys, output } = data;
  if (typeof address !== 'string' || !Array.isArray(keys)) return null;
  return { address, keys: keys.filter((key) => typeof key === 'string'), output: output === true };
}

/** Reads a message back; what is not understood is left out. */
export function parseEventsMessage(data: unknown): EventsMessage {
  const { output, changed } = isRecord(data) ? data : {};
  return { output: listOf(output).filter(isPiece), changed: listOf(changed).filter(isRef) };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRef(value: unknown): value is ExecutionRef {
  return isRecord(value) && typeof value['executionId'] === 'string' && typeof value['userId'] === 'string';
}

function isPiece(value: unknown): value is OutputPiece {
  if (!isRef(value) || !isRecord(value)) return false;
  const { promptId, attempt, offset, text } = value;
  return (
    typeof promptId === 'string' &&
    typeof text === 'string' &&
    Number.isInteger(attempt) &&
    Number.isInteger(offset)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
