import { type Caller, type ExecutionProgress, listProgressSince, readDatabaseTime } from '@formaops/db';
import type { Response } from 'express';
import type { ApiDeps } from '../api-deps.ts';
import type { UserTurns } from '../background/user-turns.ts';
import { type EventFilter, passes } from '../events/event-filter.ts';
import { overlapMs } from '../events/event-position.ts';
import { eventText, idText } from '../events/event-text.ts';
import { holdBack } from '../events/held-back.ts';
import { type LiveEvent, userBytes } from '../events/live-event.ts';
import { eventsOf, type StoredEvent } from '../events/progress-events.ts';
import { closedSignal } from '../http/closed-signal.ts';
import { untilGone } from './until-gone.ts';

export interface FollowUser {
  /** Up to when the client knows everything, by the clock of the database. */
  after: Date | null;
  filter: EventFilter;
  /** Taken while what the client has missed is read. */
  turns: UserTurns;
}

/** Executions that are looked at for what a client has missed. */
const maxMissed = 500;

/** What is stamped earlier may be committed later, by so many milliseconds. */
const commitMs = 2_000;

/**
 * Tells a client what its user's executions have gone through since it was here last, then what happens, as long as the
 * client stays. Ends with `TOO_MANY_STREAMS`, `OVERLOADED` or `SHUTTING_DOWN` before anything is sent.
 */
export async function followUser(
  { after, filter, turns }: FollowUser,
  caller: Caller,
  response: Response,
  { db, events, log }: ApiDeps,
): Promise<void> {
  using reservation = events.streams.reserve(caller);
  const held = holdBack(() => response.destroy());
  const output = !filter.types || filter.types.includes('output');
  const watch = events.hub.watchUser(caller.userId, output, held.listener);
  const since = after && new Date(after.getTime() - overlapMs);
  const look = async () => {
    const now = await readDatabaseTime(db);
    if (since === null) return { now, missed: null };
    using _turn = await turns.take(caller.userId, closedSignal(response));
    return { now, missed: await listProgressSince(db, caller.userId, since, maxMissed) };
  };
  const { now, missed } = await look().catch((error: unknown) => {
    watch[Symbol.dispose]();
    throw error;
  });
  watch.since(now);
  const stream = reservation.open(response);
  untilGone(stream, watch);
  stream.write(Buffer.from(idText(String((after ?? now).getTime()))));
  if (since && missed?.hasOlder) stream.write(Buffer.from(eventText('gap', { since })));
  await stream.writeAll(replay(missed?.executions ?? [], since ?? now, filter)).catch((error: unknown) => {
    if (!stream.closed.aborted) log.error({ err: error, userId: caller.userId }, 'stream broke');
    stream.drop();
  });
  const from = now.getTime() - commitMs;
  held.release((event: LiveEvent) => {
    if (stream.closed.aborted || (event.stored && happenedMs(event.stored) <= from)) return;
    if (passes(filter, event.type, event.stored, event)) stream.write(event.forUser());
  });
}

/** What came after, in the order in which it happened. */
function* replay(executions: ExecutionProgress[], since: Date, filter: EventFilter): Generator<Buffer> {
  const missed = executions.flatMap((execution) =>
    eventsOf(execution)
      .filter((event) => happenedMs(event) > since.getTime())
      .filter((event) => passes(filter, event.type, event, execution))
      .map((event) => ({ event, id: execution.id })),
  );
  for (const { event, id } of missed.toSorted((a, b) => a.event.atMs - b.event.atMs))
    yield userBytes(id, event);
}

/** When it could be read first. */
function happenedMs(event: StoredEvent): number {
  return event.type === 'log' ? Math.max(event.atMs, event.writtenAtMs) : event.atMs;
}
