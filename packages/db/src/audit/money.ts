import { costLimit, roundedCost } from '../executions/transition/cost.ts';
import { findGroups, findRows, type Invariant, isTerminal, show } from './invariant.ts';

const withAttempts = 'executions e LEFT JOIN execution_attempts a ON a.execution_id = e.id';

/**
 * The attempts whose cost their execution knows: those whose holder gave it back or ended it. A lost attempt may write
 * its cost to the ledger at any later time, and leaves the execution incomplete.
 */
const counted = `a.outcome <> 'LOST' AND a.token IS DISTINCT FROM e.lease_token`;
const sum = `sum(a.cost_usd) FILTER (WHERE ${counted})`;

const known = `a.outcome <> 'LOST' AND a.cost_usd IS NOT NULL AND NOT a.usage_is_estimated`;
const complete = `(coalesce(bool_and(${known}) FILTER (WHERE a.outcome = 'LOST' OR ${counted}), true)
  AND coalesce(e.spent_usd, 0) < ${costLimit})`;

const rounded = `CASE WHEN ${isTerminal} THEN ${roundedCost('e.spent_usd')} END`;

const dayOf = (time: string) => `((${time} AT TIME ZONE 'UTC')::date)`;
/** Days are summed up since the migration that began to. */
const isSummedUp = (day: string) => `${day} > ${dayOf('$1::timestamptz')}
  AND ${day} >= coalesce((SELECT min(day) FROM user_spend), ${dayOf('statement_timestamp()')})`;
const endOfAttempt = 'coalesce(a.ended_at, a.started_at)';

const isNoAmount = (value: string) => `${value} < 0 OR ${value} = 'NaN'`;

/** That what was spent is what the attempts cost, to the last digit. */
export const money: readonly Invariant[] = [
  {
    id: 'I6',
    name: 'costs-are-amounts',
    title: 'No cost is negative or not a number',
    sql: `${findRows('executions e', [
      [isNoAmount('e.cost_usd'), `format('cost_usd is %s', e.cost_usd)`],
      [isNoAmount('e.spent_usd'), `format('spent_usd is %s', e.spent_usd)`],
    ])}
    UNION ALL
    ${findRows('executions e JOIN execution_attempts a ON a.execution_id = e.id', [
      [isNoAmount('a.cost_usd'), `format('attempt %s cost %s', a.attempt, a.cost_usd)`],
    ])}`,
  },
  {
    id: 'I6',
    name: 'spent-is-the-sum-of-the-attempts',
    title: 'What was spent is the sum of what the attempts cost, as far as it is known',
    sql: findGroups(withAttempts, [
      [
        `e.spent_usd IS DISTINCT FROM ${sum}`,
        `format('spent_usd is %s, its attempts cost %s', ${show('e.spent_usd')}, ${show(sum)})`,
      ],
    ]),
  },
  {
    id: 'I6',
    name: 'days-are-summed-up',
    title: 'What a user spent in a day is the sum of what the attempts cost that ended then',
    sql: `SELECT user_id AS id, format('spent %s on %s, where the attempts cost %s', ${show('s.usd')}, day,
        ${show('l.usd')}) AS problem
      FROM (SELECT user_id, day, sum(usd) AS usd FROM user_spend WHERE ${isSummedUp('day')} GROUP BY 1, 2) s
      FULL JOIN (
        SELECT e.user_id, ${dayOf(endOfAttempt)} AS day, sum(a.cost_usd) AS usd
        FROM executions e JOIN execution_attempts a ON a.execution_id = e.id
        -- Older ones are over by then.
        WHERE e.created_at >= $1::timestamptz - interval '60 days' AND a.cost_usd IS NOT NULL
          AND ${isSummedUp(dayOf(endOfAttempt))}
        GROUP BY 1, 2
      ) l USING (user_id, day)
      WHERE coalesce(s.usd, 0) <> coalesce(l.usd, 0)`,
  },
  {
    id: 'I6',
    name: 'cost-is-rounded-once',
    title: 'The cost is what was spent, rounded half up to six places, once the execution has ended',
    sql: findRows('executions e', [
      [
        `e.cost_usd IS DISTINCT FROM (${rounded})`,
        `format('cost_usd is %s where %s was spent', ${show('e.cost_usd')}, ${show('e.spent_usd')})`,
      ],
    ]),
  },
  {
    id: 'I6',
    name: 'completeness-is-told',
    title: 'A cost is complete exactly when the cost of every ended attempt is known and not estimated',
    sql: findGroups(withAttempts, [
      [
        `e.cost_is_complete <> ${complete}`,
        `format('cost_is_complete is %s, by the ledger it is %s', e.cost_is_complete, ${complete})`,
      ],
    ]),
  },
];
