import type { Clock, Logger } from '@formaops/core';
import { addRequests, type Queryable } from '@formaops/db';
import { createFlusher, type Flusher } from './flusher.ts';

/** Requests of a user in the minute that it is now. */
export interface RequestCount {
  requests: number;
  /** When the minute ends, in milliseconds since 1970. */
  endsAtMs: number;
}

/** Counts requests, from one minute of the clock to the next. */
export interface RequestCounts {
  /** Counts one more, this one included in what it returns. */
  add(userId: string): RequestCount;
  /** Counts nothing. */
  of(userId: string): RequestCount;
}

interface Count {
  minute: number;
  /** By this process. */
  own: number;
  /** Of these, how many the others can know of. */
  shared: number;
  /** By the others, as far as they have told. */
  others: number;
}

const minuteMs = 60_000;

/** How late a process learns what others have counted; each lets in what it can meanwhile. */
const shareMs = 1_000;

/**
 * Counts in the process, where it costs nothing, and joins the counts of all processes once a second by one statement for
 * all users who have asked. While the database is away each process goes by its own counts.
 */
export function createRequestCounts(
  db: Queryable,
  log: Logger,
  { now }: Pick<Clock, 'now'>,
): Flusher & RequestCounts {
  const counts = new Map<string, Count>();
  const minuteOf = (ms: number) => ms - (ms % minuteMs);

  const countOf = (userId: string): Count => {
    const minute = minuteOf(now().getTime());
    const known = counts.get(userId);
    if (known?.minute === minute) return known;
    const count = { minute, own: 0, shared: 0, others: 0 };
    counts.set(userId, count);
    return count;
  };
  const toCount = ({ own, others, minute }: Count) => ({
    requests: own + others,
    endsAtMs: minute + minuteMs,
  });

  const flusher = createFlusher(shareMs, log, async () => {
    const untold = takeUntold(counts, minuteOf(now().getTime()));
    if (untold.length === 0) return;
    try {
      for (const { userId, minute, requests } of await addRequests(db, untold)) {
        const count = counts.get(userId);
        if (count?.minute === minute) count.others = Math.max(0, requests - count.shared);
      }
    } catch (error) {
      for (const { userId, minute, requests } of untold) {
        const count = counts.get(userId);
        if (count?.minute === minute) count.shared -= requests;
      }
      throw error;
    }
  });

  return {
    ...flusher,
    add(userId) {
      const count = countOf(userId);
      count.own += 1;
      return toCount(count);
    },
    of: (userId) => toCount(countOf(userId)),
  };
}

/** What the others are to be told, which counts as told from now on; forgets the minutes that are over. */
function takeUntold(counts: Map<string, Count>, minute: number) {
  return [...counts].flatMap(([userId, count]) => {
    if (count.minute !== minute) counts.delete(userId);
    const requests = count.minute === minute ? count.own - count.shared : 0;
    count.shared += requests;
    return requests > 0 ? [{ userId, minute, requests }] : [];
  });
}
