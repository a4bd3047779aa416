import { findRows, type Invariant, isTerminal, show } from './invariant.ts';

const withFacts = `executions e LEFT JOIN execution_facts f ON f.execution_id = e.id
  LEFT JOIN metric_series m ON m.id = f.series_id`;

/** While the facts about earlier executions are being written, some may be missing. */
const areComplete = 'EXISTS (SELECT FROM metric_backfill WHERE completed_at IS NOT NULL)';

const told = `f.created_at, f.status, f.validation_status, f.latency_ms, f.cost_usd, f.cost_is_complete, m.user_id,
  m.prompt_id, m.model, f.input_tokens, f.output_tokens, f.total_tokens`;

const stored = `e.created_at, e.status, e.validation_status, e.latency_ms, e.cost_usd, e.cost_is_complete, e.user_id,
  e.prompt_id, e.model, token_count(e.token_usage, 'input'), token_count(e.token_usage, 'output'),
  token_count(e.token_usage, 'total')`;

/** That what dashboards add up is what the executions say. */
export const metrics: readonly Invariant[] = [
  {
    id: 'I24',
    name: 'facts-tell-executions',
    title: 'Exactly the executions that have ended are counted in figures, as they ended',
    sql: findRows(withFacts, [
      [
        `${isTerminal} AND f.execution_id IS NULL AND ${areComplete}`,
        `format('is %s without facts', e.status)`,
      ],
      [`NOT ${isTerminal} AND f.execution_id IS NOT NULL`, `format('is %s with facts', e.status)`],
      [
        `${isTerminal} AND f.execution_id IS NOT NULL AND ROW(${told}) IS DISTINCT FROM ROW(${stored})`,
        `format('its facts are %s, %s and %s', f.status, ${show('f.cost_usd')}, ${show('m.model')})`,
      ],
    ]),
  },
];
