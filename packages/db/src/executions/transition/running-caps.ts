import type { UserPlan } from '@formaops/core';

/** How many executions one user may have running at the same time, by plan; a plan that is not named has no cap. */
export type RunningCaps = Readonly<Partial<Record<UserPlan, number>>>;

/** SQL: how many executions of a user hold a lease. Served by `idx_executions_leased`. */
export const runningOf = (userId: string) => `
      (SELECT count(*) FROM executions r WHERE r.user_id = ${userId} AND r.lease_token IS NOT NULL)`;

/**
 * SQL: how many executions of a user were called out of the line and have not been claimed yet, up to `limit`. Served by
 * `idx_executions_parked`.
 */
export const calledOutOf = (userId: string, limit: string) => `
      (SELECT count(*) FROM (SELECT 1 FROM executions r WHERE r.user_id = ${userId} AND r.parked_rank < 0
        LIMIT ${limit}) c)`;
