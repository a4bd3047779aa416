import { FormaError, isTerminal } from '@formaops/core';
import { type Caller, type ExecutionProgress, readProgress } from '@formaops/db';
import type { Response } from 'express';
import type { ApiDeps } from '../api-deps.ts';
import { type EventFilter, passes } from '../events/event-filter.ts';
import {
  advance,
  type EventPosition,
  encodePosition,
  isAfter,
  nothingTold,
} from '../events/event-position.ts';
import type { EventStream } from '../events/event-stream.ts';
import { eventText } from '../events/event-text.ts';
import { holdBack } from '../events/held-back.ts';
import { executionBytes, type LiveEvent } from '../events/live-event.ts';
import { endRank, eventsOf } from '../events/progress-events.ts';
import { untilGone } from './until-gone.ts';

export interface FollowExecution {
  id: string;
  /** What the client knows already. */
  after: EventPosition | null;
  filter: EventFilter;
}

/**
 * Tells a client what has happened to an execution, then what happens, and ends the stream when it has ended. Ends with
 * `NOT_FOUND`, `TOO_MANY_STREAMS`, `OVERLOADED` or `SHUTTING_DOWN` before anything is sent.
 *
 * @returns `over` when the client knows the end already; then nothing was sent.
 */
export async function followExecution(
  { id, after, filter }: FollowExecution,
  caller: Caller,
  response: Response,
  { db, events, log }: ApiDeps,
): Promise<'followed' | 'over'> {
  using reservation = events.streams.reserve(caller);
  const held = holdBack(() => response.destroy());
  const owned = { id, userId: caller.userId };
  const watch = events.hub.watchExecution(owned, passesOutput(filter), held.listener);
  const read = async () => {
    const [execution] = await readProgress(db, [owned]);
    if (!execution) throw new FormaError('NOT_FOUND', { message: 'There is no such execution' });
    return execution;
  };
  const execution = await read().catch((error: unknown) => {
    watch[Symbol.dispose]();
    throw error;
  });
  watch.knows(execution);
  if (after?.rank === endRank && isTerminal(execution.status)) {
    watch[Symbol.dispose]();
    return 'over';
  }
  const stream = reservation.open(response);
  untilGone(stream, watch);
  const follower = createFollower(stream, execution, after ?? nothingTold, filter);
  await follower.catchUp().catch((error: unknown) => {
    if (!stream.closed.aborted) log.error({ err: error, executionId: id }, 'stream broke');
    stream.drop();
  });
  held.release(follower.take);
  return 'followed';
}

function passesOutput({ types }: EventFilter): boolean {
  return !types || types.includes('output');
}

/** Tells one client the story of one execution, each thing once. */
function createFollower(
  stream: EventStream,
  execution: ExecutionProgress,
  after: EventPosition,
  filter: EventFilter,
) {
  const { id } = execution;
  const story = eventsOf(execution);
  const known = new Set(story.flatMap((event) => (event.type === 'log' ? event.line.id : [])));
  let position = after;
  const end = () =>
    stream.end(Buffer.from(eventText('end', { reason: 'EXECUTION_ENDED' }, encodePosition(position))));

  const isNew = ({ stored }: LiveEvent) =>
    stored === null || (stored.type === 'status' ? stored.rank > position.rank : !known.has(stored.line.id));
  function* storyAfter(): Generator<Buffer> {
    for (const event of story) {
      if (!isAfter(after, event)) continue;
      position = advance(position, event);
      if (passes(filter, event.type, event, execution)) yield executionBytes(id, event, position);
    }
  }
  return {
    async catchUp() {
      await stream.writeAll(storyAfter());
      if (isTerminal(execution.status)) end();
    },
    take(event: LiveEvent) {
      if (stream.closed.aborted || !isNew(event)) return;
      const { stored, type } = event;
      if (stored) position = advance(position, stored);
      if (passes(filter, type, stored, event)) stream.write(event.forExecution());
      if (stored?.type === 'status' && stored.rank === endRank) end();
    },
  };
}
