import { FormaError, type PlanLimits, type Scope } from '@formaops/core';
import {
  type Caller,
  countRunning,
  countWaiting,
  findApiKey,
  findSpentToday,
  findUser,
  type StoredUser,
} from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';

/** Executions that are counted at most: more would cost more than the number is worth. */
const maxCounted = 100_000;

/** Who asks, with what, and how much of the plan is used. */
export interface Me {
  user: StoredUser;
  key: { id: string; name: string; scopes: readonly Scope[] };
  limits: PlanLimits;
  usage: {
    waiting: number;
    running: number;
    requestsLeftThisMinute: number | null;
    spentTodayUsd: string;
  };
}

/** Ends with `INVALID_API_KEY` when the user or the key was deleted meanwhile. */
export async function readMe({ userId, keyId, plan }: Caller, deps: ApiDeps): Promise<Me> {
  const { db, requestCounts } = deps;
  const [user, key, waiting, running, spent] = await Promise.all([
    findUser(db, userId),
    findApiKey(db, userId, keyId),
    countWaiting(db, userId, maxCounted),
    countRunning(db, userId, maxCounted),
    findSpentToday(db, userId, null),
  ]);
  if (user === null || key === null) throw new FormaError('INVALID_API_KEY');
  const limits = deps.limits[plan];
  const { requestsPerMinute } = limits;
  return {
    user,
    key: { id: key.id, name: key.name, scopes: key.scopes },
    limits,
    usage: {
      waiting,
      running,
      requestsLeftThisMinute:
        requestsPerMinute && Math.max(0, requestsPerMinute - requestCounts.of(userId).requests),
      spentTodayUsd: spent.usd,
    },
  };
}
