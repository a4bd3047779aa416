import { setTimeout as delay } from 'node:timers/promises';
import { cleanText } from '@formaops/core';
import type { EventsMessage, ExecutionRef, OutputPiece } from './messages.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import type { Watchers } from './watchers.ts';

/** Tells of what happens to executions, where somebody watches them; else it costs next to nothing. Never throws. */
export interface EventPublisher {
  /** PostgreSQL has news of these executions. */
  changed(executions: readonly ExecutionRef[]): void;
  /** @returns a function that takes the text of an attempt, piece by piece. */
  outputOf(attempt: AttemptRef): (text: string) => void;
}

/** One attempt of an execution. */
export type AttemptRef = Omit<OutputPiece, 'offset' | 'text'>;

export interface EventPublisherOptions {
  watchers: Watchers;
  /** Sends a message to one process. */
  send(address: string, message: EventsMessage): Promise<void>;
  reportError(error: unknown): void;
}

/** Between two messages to a process, in milliseconds: a reader sees no steps, and tokens share messages. */
const PAUSE_MS = 80;

/** Characters of a text that are kept for who begins to watch while it is being written. */
const maxKept = 16_000;

export function createEventPublisher({ watchers, send, reportError }: EventPublisherOptions): EventPublisher {
  // Processes come and go; an address that nobody watches from any more holds nothing but this entry.
  const outboxes = new Map<string, Outbox>();
  const outboxOf = (address: string): Outbox => {
    const known = outboxes.get(address);
    if (known !== undefined) return known;
    const outbox = createOutbox({
      send: (message) => send(address, message),
      reportError,
      pause: () => delay(PAUSE_MS),
    });
    outboxes.set(address, outbox);
    return outbox;
  };

  return {
    changed(executions) {
      for (const execution of executions)
        for (const address of watchers.of(execution, 'changes')) outboxOf(address).addChange(execution);
    },
    outputOf(attempt) {
      const told = new Set<string>();
      const tell = (address: string, offset: number, text: string) =>
        outboxOf(address).addPiece({ ...attempt, offset, text });
      return inWholeCharacters((text, offset, before) => {
        for (const address of watchers.of(attempt, 'output')) {
          if (!told.has(address) && before) tell(address, 0, before);
          told.add(address);
          tell(address, offset, text);
        }
      });
    },
  };
}

type WholeText = (text: string, offset: number, before: string) => void;

/**
 * Passes text on as it will be stored: cleaned, and never with half a character at its end.
 *
 * @param take also gets everything before it, empty once that is long.
 */
function inWholeCharacters(take: WholeText): (text: string) => void {
  let half = '';
  let offset = 0;
  let before = '';
  return (piece) => {
    const whole = half + piece;
    const end = isHighSurrogate(whole.charCodeAt(whole.length - 1)) ? whole.length - 1 : whole.length;
    half = whole.slice(end);
    const { text } = cleanText(whole.slice(0, end));
    if (text === '') return;
    take(text, offset, before);
    offset += text.length;
    before = offset <= maxKept ? before + text : '';
  };
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
