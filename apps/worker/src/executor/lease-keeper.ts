import { type AbortReason, createBag, type Logger } from '@formaops/core';
import { type Heartbeat, heartbeat, type Queryable } from '@formaops/db';

/** A lease that is being prolonged until it is disposed of. */
export interface HeldLease extends Disposable {
  /** Aborted with an {@link AbortReason} when the owner wants the execution cancelled, or the lease is lost. */
  signal: AbortSignal;
}

export interface LeaseKeeper {
  hold(lease: { id: string; token: string }): HeldLease;
  /**
   * Looks at once whether these executions are to be cancelled. Ids that this worker does not hold cost nothing, but
   * are remembered: a message may come while its execution is being claimed here.
   */
  check(ids: readonly string[]): Promise<void>;
  start(): void;
  stop(): void;
}

export interface LeaseKeeperOptions {
  /** A pool of its own: heartbeats must not wait behind other work. */
  db: Queryable;
  leaseMs: number;
  intervalMs: number;
  log: Logger;
  /** Called whenever a heartbeat could not be written. */
  onAway?: () => void;
  /** How soon a heartbeat that failed is repeated, in milliseconds; given by tests. */
  repeatMs?: number;
  /** A clock that never goes back; given by tests. */
  monotonicMs?: () => number;
}

/** A lease is only three intervals long: a heartbeat that failed cannot wait for the next. */
const defaultRepeatMs = 1_000;

/** How long a claim may be under way, in milliseconds: as long as the database lets a statement run. */
const claimMs = 10_000;

/** Messages beyond this many are forgotten, the oldest first; the next heartbeat finds out. */
const maxRemembered = 10_000;

interface Entry {
  id: string;
  token: string;
  controller: AbortController;
}

/**
 * Prolongs all leases of this process with one statement per interval. The database is the truth about who holds what
 * and about wishes to cancel; messages only make this look sooner.
 */
export function createLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  const { db, leaseMs, intervalMs, log, onAway, repeatMs = defaultRepeatMs } = options;
  const { monotonicMs = () => performance.now() } = options;
  const held = createBag<Entry>();
  /** Ids that messages named, oldest first, each with the time until when it matters. */
  const named = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let repetition: NodeJS.Timeout | undefined;
  let isStopped = false;

  const remember = (id: string): void => {
    const now = monotonicMs();
    named.delete(id);
    named.set(id, now + claimMs);
    for (const [oldest, until] of named) {
      if (until > now && named.size <= maxRemembered) break;
      named.delete(oldest);
    }
  };

  const beat = async (entries: Entry[]): Promise<void> => {
    if (entries.length === 0) return;
    const beats: Heartbeat[] = entries.map(({ id, token }) => ({ id, token, leaseMs }));
    try {
      const answers = await heartbeat(db, beats);
      answers.forEach((answer, index) => {
        const entry = entries[index];
        if (!answer.held) abort(entry, 'leaseLost');
        else if (answer.cancelRequested) abort(entry, 'cancelled');
      });
    } catch (error) {
      // The attempts go on: should a lease be lost meanwhile, its attempt's writes are refused.
      log.warn({ err: error, leases: entries.length }, 'heartbeat failed');
      onAway?.();
      if (isStopped) return;
      // One repetition is waiting at most, and it is for all that is held by then.
      clearTimeout(repetition);
      repetition = setTimeout(() => void beat([...held]), repeatMs);
    }
  };

  return {
    hold({ id, token }) {
      const entry = { id, token, controller: new AbortController() };
      const letGo = held.add(entry);
      const until = named.get(id) ?? 0;
      if (named.delete(id) && monotonicMs() < until) void beat([entry]);
      return { signal: entry.controller.signal, [Symbol.dispose]: letGo };
    },
    async check(ids) {
      const wanted = new Set(ids);
      for (const id of wanted) remember(id);
      await beat([...held].filter(({ id }) => wanted.has(id)));
    },
    start() {
      timer = setInterval(() => void beat([...held]), intervalMs);
    },
    stop() {
      isStopped = true;
      clearInterval(timer);
      clearTimeout(repetition);
    },
  };
}

function abort(entry: Entry | undefined, reason: AbortReason): void {
  entry?.controller.abort(reason);
}
