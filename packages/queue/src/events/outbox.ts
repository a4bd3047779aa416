import type { EventsMessage, ExecutionRef, OutputPiece } from './messages.ts';

export interface OutboxOptions {
  /** What cannot be sent is reported and dropped. */
  send(message: EventsMessage): Promise<void>;
  reportError(error: unknown): void;
  /** Started with every message; the next one waits for it. */
  pause(): Promise<unknown>;
}

/** What waits to be sent to one process. */
export interface Outbox {
  addChange(execution: ExecutionRef): void;
  addPiece(piece: OutputPiece): void;
}

interface Waiting {
  execution: ExecutionRef;
  pieces: OutputPiece[];
  hasChanged: boolean;
}

/** Executions in one message, and characters of text, at most: BullMQ refuses messages of more than 512 kB. */
const maxExecutions = 500;
const maxChars = 64_000;

/** Beyond this, news is dropped: changes are found out from PostgreSQL, and text can be read when it is complete. */
const maxWaiting = 10_000;
const maxWaitingChars = 1_000_000;
const maxCharsOfOne = 32_000;

/**
 * Gathers news and sends it in messages, one at a time. The first goes out at once; the busier it gets, the more shares a
 * message. Of one execution, text goes out before the change that came after it.
 */
export function createOutbox({ send, reportError, pause }: OutboxOptions): Outbox {
  const waiting = new Map<string, Waiting>();
  let chars = 0;
  let isSending = false;

  const take = (): EventsMessage => {
    const message = { output: [] as OutputPiece[], changed: [] as ExecutionRef[] };
    let taken = 0;
    for (const [id, { execution, pieces, hasChanged }] of waiting) {
      if (message.output.length + message.changed.length >= maxExecutions || taken >= maxChars) break;
      waiting.delete(id);
      message.output.push(...pieces);
      taken += lengthOf(pieces);
      if (hasChanged) message.changed.push(execution);
    }
    chars -= taken;
    return message;
  };
  const sendAll = async () => {
    isSending = true;
    // What comes in the same moment shares the first message.
    await Promise.resolve();
    while (waiting.size > 0) await Promise.all([send(take()).catch(reportError), pause()]);
    isSending = false;
  };
  const entryOf = ({ executionId, userId }: ExecutionRef): Waiting | undefined => {
    const known = waiting.get(executionId);
    if (known !== undefined || waiting.size >= maxWaiting) return known;
    const entry = { execution: { executionId, userId }, pieces: [], hasChanged: false };
    waiting.set(executionId, entry);
    if (!isSending) void sendAll();
    return entry;
  };

  return {
    addChange(execution) {
      const entry = entryOf(execution);
      if (entry) entry.hasChanged = true;
    },
    addPiece(piece) {
      const entry = chars + piece.text.length <= maxWaitingChars ? entryOf(piece) : undefined;
      if (!entry || lengthOf(entry.pieces) + piece.text.length > maxCharsOfOne) return;
      chars += piece.text.length;
      append(entry.pieces, piece);
    },
  };
}

/** Joins a piece to the one before it where nothing is missing between them. */
function append(pieces: OutputPiece[], piece: OutputPiece): void {
  const last = pieces.at(-1);
  const follows =
    last !== undefined && last.attempt === piece.attempt && last.offset + last.text.length === piece.offset;
  if (follows) pieces[pieces.length - 1] = { ...last, text: last.text + piece.text };
  else pieces.push(piece);
}

function lengthOf(pieces: readonly OutputPiece[]): number {
  return pieces.reduce((sum, { text }) => sum + text.length, 0);
}
