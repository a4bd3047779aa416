import type { AbortReason, Logger } from '@formaops/core';
import { type Heartbeat, heartbeat, type Queryable } from '@formaops/db';

/** A lease that is being prolonged until it is disposed of. */
export interface HeldLease extends Disposable {
  /** Aborted with an {@link AbortReason} when the owner wants the execution cancelled, or the lease is lost. */
  signal: AbortSignal;
}

export interface LeaseKeeper {
  hold(lease: { id: string; token: string }): HeldLease;
  /** Looks at once whether these executions are to be cancelled; ids that this worker does not hold cost nothing. */
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
}

interface Entry {
  id: string;
  token: string;
  controller: AbortController;
}

/**
 * Prolongs all leases of this process with one statement per interval. The database is the truth about who holds what
 * and about wishes to cancel; messages only make this look sooner.
 */
export function createLeaseKeeper({ db, leaseMs, intervalMs, log }: LeaseKeeperOptions): LeaseKeeper {
  const held = new Map<string, Entry>();
  let timer: NodeJS.Timeout | undefined;

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
    }
  };

  return {
    hold({ id, token }) {
      const entry = { id, token, controller: new AbortController() };
      held.set(token, entry);
      return { signal: entry.controller.signal, [Symbol.dispose]: () => void held.delete(token) };
    },
    async check(ids) {
      const wanted = new Set(ids);
      await beat([...held.values()].filter(({ id }) => wanted.has(id)));
    },
    start() {
      timer = setInterval(() => void beat([...held.values()]), intervalMs);
    },
    stop: () => clearInterval(timer),
  };
}

function abort(entry: Entry | undefined, reason: AbortReason): void {
  entry?.controller.abort(reason);
}
