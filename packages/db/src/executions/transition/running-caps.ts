import type { UserPlan } from '@formaops/core';

/** How many executions one user may have running at the same time, by plan; a plan that is not named has no cap. */
export type RunningCaps = Readonly<Partial<Record<UserPlan, number>>>;

/** SQL: how many executions of a user hold a lease. Served by `idx_executions_user_status`. */
export const runningOf = (userId: string) => `
      (SELECT count(*) FROM executions r
       WHERE r.user_id = ${userId} AND r.status = 'RUNNING' AND r.lease_token IS NOT NULL)`;
