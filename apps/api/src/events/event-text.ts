import type { OutputPiece } from '@formaops/queue';
import type { StatusData, StoredEvent } from './progress-events.ts';

/** How long a client waits before it comes again, in milliseconds. */
export const retryMs = 2_000;

/** The first words of every stream. */
export const greeting = `retry: ${retryMs}\n\n`;

/** A comment: the line is alive. */
export const heartbeat = ':\n\n';

/** One event in the form of the HTML standard, section 9.2.6. JSON has no line breaks of its own. */
export function eventText(type: string, data: unknown, id?: string): string {
  const head = id === undefined ? '' : `id: ${id}\n`;
  return `${head}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Remembers a place without an event. */
export function idText(id: string): string {
  return `id: ${id}\n\n`;
}

/** What is said of a stored event. */
export function dataOf(event: StoredEvent, executionId: string): object {
  if (event.type === 'log') return { executionId, ...event.line };
  const { end, ...status }: StatusData = event.data;
  return end ? { ...status, ...end, href: `/v1/executions/${executionId}` } : status;
}

/** What is said of a piece of text. */
export function outputData({ executionId, attempt, offset, text }: OutputPiece): object {
  return { executionId, attempt, offset, text };
}
