import type { Clock } from '@formaops/core';
import { type ExecutionRef, executionKey, userKey, type WatchNotice } from './messages.ts';

/** Knows which processes want to hear of which executions. */
export interface Watchers {
  note(notice: WatchNotice): void;
  /** @returns the addresses of those who want to hear of it; costs nothing while nobody watches anything. */
  of(execution: ExecutionRef, what: 'changes' | 'output'): readonly string[];
}

/** How often a process says what it watches, in milliseconds. */
export const ANNOUNCE_MS = 5_000;

/** How long a notice holds: three of them may be lost. */
const HOLDS_MS = 4 * ANNOUNCE_MS;

interface Watch {
  changesUntilMs: number;
  outputUntilMs: number;
}

const nobody: readonly string[] = [];

export function createWatchers({ monotonicMs }: Pick<Clock, 'monotonicMs'>): Watchers {
  const watchesOf = new Map<string, Map<string, Watch>>();
  let sweptAtMs = monotonicMs();

  const sweep = (now: number) => {
    if (now - sweptAtMs < HOLDS_MS) return;
    sweptAtMs = now;
    for (const [address, watches] of watchesOf) {
      for (const [key, { changesUntilMs }] of watches) if (changesUntilMs <= now) watches.delete(key);
      if (watches.size === 0) watchesOf.delete(address);
    }
  };
  return {
    note({ address, keys, output }) {
      const now = monotonicMs();
      // Here, too: a process that has nothing to tell is told all the same.
      sweep(now);
      const watches = watchesOf.get(address) ?? new Map<string, Watch>();
      watchesOf.set(address, watches);
      for (const key of keys) {
        const outputUntilMs = output ? now + HOLDS_MS : (watches.get(key)?.outputUntilMs ?? 0);
        watches.set(key, { changesUntilMs: now + HOLDS_MS, outputUntilMs });
      }
    },
    of({ executionId, userId }, what) {
      if (watchesOf.size === 0) return nobody;
      const now = monotonicMs();
      sweep(now);
      const wants = (watch: Watch | undefined) =>
        watch !== undefined && (what === 'output' ? watch.outputUntilMs : watch.changesUntilMs) > now;
      return [...watchesOf].flatMap(([address, watches]) =>
        wants(watches.get(executionKey(executionId))) || wants(watches.get(userKey(userId))) ? address : [],
      );
    },
  };
}
