import { type Invariant, inScope, isTerminal } from './invariant.ts';

/** Longer than registering an endpoint takes: what ended meanwhile may have missed it. */
const settlingIn = `interval '1 min'`;

/** Much shorter than deliveries are kept. */
const lately = `interval '7 days'`;

/** An execution that ended lately was created no earlier: it starts in 30 days and has seven more, and ends are not late. */
const createdLately = `interval '45 days'`;

/** That owners hear of every end that they asked to hear of. */
export const webhooks: readonly Invariant[] = [
  {
    id: 'I23',
    name: 'ends-are-told',
    title: 'Each end of the last week has a delivery for every endpoint that asked for it before',
    sql: `SELECT e.id, format('is %s, and webhook %s has no delivery of it', e.status, w.id) AS problem
      FROM webhooks w JOIN executions e ON e.user_id = w.user_id
      WHERE w.is_active AND ${inScope} AND ${isTerminal}
        AND w.event_types && ARRAY['*', 'execution.' || lower(e.status::text)]
        AND e.created_at > statement_timestamp() - ${createdLately}
        AND e.completed_at > statement_timestamp() - ${lately} AND e.completed_at > w.active_since + ${settlingIn}
        AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.execution_id = e.id)`,
  },
];
