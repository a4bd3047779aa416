// SQL that sums up what attempts cost. `x` is the execution, `s` the end of its attempt, `e` what that end wrote.

/** A sum from here on rounds to more than `cost_usd numeric(10, 6)` can hold. */
export const costLimit = '9999.9999995';

/** The sum with this attempt, unrounded; null when no attempt's cost is known. */
export const spentUsd = `(CASE WHEN x.spent_usd IS NOT NULL OR s."costUsd" IS NOT NULL
  THEN coalesce(x.spent_usd, 0) + coalesce(s."costUsd", 0) END)`;

/** Whether the cost of every attempt so far, this one included, is known exactly and can be stored. */
export const costIsComplete = `(x.cost_is_complete AND s."costUsd" IS NOT NULL AND NOT s."usageIsEstimated"
  AND ${spentUsd} < ${costLimit})`;

/** A sum rounded half up, once; null where it is too large, and where there is none. */
export const roundedCost = (sum: string) => `CASE WHEN ${sum} < ${costLimit} THEN round(${sum}, 6) END`;

/** The log line of the attempt whose cost makes the sum too large. */
export const costTooLargeLine = (timestamp: string) => `
    SELECT e."costLogId", e.id, 'ERROR'::"LogLevel", 'Cost is too large to be stored', NULL::jsonb, ${timestamp}
      FROM e WHERE e.spent_usd >= ${costLimit} AND e.spent_usd - e."costUsd" < ${costLimit}`;
