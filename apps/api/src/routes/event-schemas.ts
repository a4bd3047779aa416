import { executionStatuses } from '@formaops/core';
import { z } from 'zod';
import { decodePosition } from '../events/event-position.ts';
import { eventTypes } from '../events/live-event.ts';
import { idPattern } from '../http/id-parameter.ts';
import { shownAsList } from '../openapi/simplify.ts';

const listOf = <const Name extends string>(names: readonly Name[]) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(names)).max(names.length));

const types = listOf(eventTypes)
  .optional()
  .meta(shownAsList('Only events of these types, with commas between', eventTypes));

/** What is said of an id that no event of the stream can have. */
export const notAnEventId = 'must be the id of an event of such a stream';

/** Reads the id of an event in a stream of all executions of a user; null for what is none. */
export function decodeTime(text: string): Date | null {
  return /^\d{1,14}$/.test(text) ? new Date(Number(text)) : null;
}

const lastEventId = <Id>(decode: (text: string) => Id | null) =>
  z
    .string({ error: notAnEventId })
    .transform((text, context) => {
      const decoded = decode(text);
      if (decoded !== null) return decoded;
      context.addIssue({ code: 'custom', message: notAnEventId });
      return z.NEVER;
    })
    .optional()
    .meta({ description: 'What the header `Last-Event-ID` says; the header wins' });

export const executionEventsQuery = z.strictObject({
  types,
  lastEventId: lastEventId(decodePosition),
});

export const userEventsQuery = z.strictObject({
  types,
  promptId: z
    .string()
    .regex(idPattern, { error: 'must be an id' })
    .optional()
    .meta({ description: 'Only executions of this prompt' }),
  status: listOf(executionStatuses)
    .optional()
    .meta(shownAsList('Only `status` events of these statuses, with commas between', 'ExecutionStatus')),
  lastEventId: lastEventId(decodeTime),
});
