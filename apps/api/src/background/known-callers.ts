import type { Clock } from '@formaops/core';
import { type Caller, findCaller, type Queryable } from '@formaops/db';
import { LRUCache } from 'lru-cache';

/** Remembers who shows which key, so that not every request costs a look-up. */
export interface KnownCallers {
  /** @returns null when no active key has this hash; that is not remembered. */
  find(keyHash: string): Promise<Caller | null>;
  /** It was revoked: nobody who comes from now on gets in with it here. */
  forget(keyHash: string): void;
}

/** How long a key that is revoked may still be let in here, in milliseconds; everywhere it must be less than 5 s. */
const rememberedMs = 4_000;

/** Keys at most; the one that was used longest ago is looked up again. */
const maxKeys = 10_000;

export function createKnownCallers(db: Queryable, { monotonicMs }: Pick<Clock, 'monotonicMs'>): KnownCallers {
  const callers = new LRUCache<string, LookUp>({
    max: maxKeys,
    ttl: rememberedMs,
    // Whoever waits for a look-up is answered, also when there is no more room for it.
    ignoreFetchAbort: true,
    ttlResolution: 0,
    perf: { now: monotonicMs },
    // Requests with the same key share a look-up. Its answer is as old as its question.
    async fetchMethod(keyHash, _stale, { options }) {
      const askedAt = monotonicMs();
      const caller = await findCaller(db, keyHash);
      options.ttl = Math.max(1, rememberedMs - (monotonicMs() - askedAt));
      return { caller };
    },
  });
  return {
    async find(keyHash) {
      const { caller = null } = (await callers.fetch(keyHash)) ?? {};
      if (caller === null) callers.delete(keyHash);
      return caller;
    },
    forget: (keyHash) => void callers.delete(keyHash),
  };
}

/** Wrapped, because a look-up that finds nothing and is forgotten meanwhile would be an error to the cache. */
interface LookUp {
  caller: Caller | null;
}
