import { FormaError, type LimitsByPlan } from '@formaops/core';
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { RequestCounts } from '../background/request-counts.ts';
import { callerOf } from './authenticate.ts';

/**
 * Lets through as many requests in a minute as the plan allows, counted for all keys of a user together: more keys do not
 * give more. Tells how many are left in `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-08);
 * a plan without a limit costs nothing and is told nothing. For routes behind `authenticate`. Ends with `RATE_LIMITED`.
 */
export function limitRate(limits: LimitsByPlan, counts: Pick<RequestCounts, 'add' | 'of'>): RequestHandler {
  const limiter = rateLimit({
    windowMs: 60_000,
    limit: (_request, response) =>
      limits[callerOf(response).plan].requestsPerMinute ?? Number.POSITIVE_INFINITY,
    keyGenerator: (_request, response) => callerOf(response).userId,
    identifier: 'requests-per-minute',
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    store: toStore(counts),
    handler: (_request, response) => {
      const { endsAtMs } = counts.of(callerOf(response).userId);
      throw new FormaError('RATE_LIMITED', { retryAfterMs: Math.max(0, endsAtMs - Date.now()) });
    },
    // They look for mistakes with addresses and stores, which are none of ours.
    validate: false,
  });
  return (request, response, next) => {
    if (limits[callerOf(response).plan].requestsPerMinute === null) return next();
    return limiter(request, response, next);
  };
}

/** Counts as the library's store, which never takes one back. */
function toStore(counts: Pick<RequestCounts, 'add'>) {
  return {
    async increment(userId: string) {
      const { requests, endsAtMs } = counts.add(userId);
      return { totalHits: requests, resetTime: new Date(endsAtMs) };
    },
    decrement: () => undefined,
    resetKey: () => undefined,
  };
}
