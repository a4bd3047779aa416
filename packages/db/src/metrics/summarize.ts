import type { Queryable } from '../pool.ts';
import {
  endedAggregates,
  type Figures,
  type FiguresRow,
  figuresColumns,
  openAggregates,
  toFigures,
} from './figures.ts';
import {
  type MetricsSelection,
  selectedFacts,
  selectedOpen,
  selectedSeries,
  selectionParameters,
} from './selection.ts';

/** What groups are ordered by, largest first. */
export type MetricsOrder = 'count' | 'cost';

export interface PromptFigures extends Figures {
  prompt: { id: string; name: string };
}

export interface ModelFigures extends Figures {
  model: string;
}

/**
 * The figures of groups, as `groups`. Each group's facts are read by the numbers of its series, in the order of the index
 * and without sorting: half the time that a GROUP BY over all of them takes.
 *
 * @param name an expression of the columns that `metric_series` and `executions` share.
 */
const groupedSql = (name: string) => `
  WITH series AS (
    SELECT ${name} AS name, array_agg(m.id) AS ids FROM ${selectedSeries} GROUP BY 1
  ), ended AS (
    SELECT s.name, a.* FROM series s, LATERAL (SELECT ${endedAggregates} FROM ${selectedFacts('s.ids')}) a
    WHERE a.ended > 0
  ), open AS (
    SELECT ${name} AS name, ${openAggregates} FROM ${selectedOpen} GROUP BY 1
  ), groups AS (
    SELECT name, ${figuresColumns} FROM ended d FULL JOIN open o USING (name)
  )`;

const orders: Record<MetricsOrder, string> = {
  count: 'pending + running + ended',
  cost: '"costSum"::numeric',
};

/** The seed's aggregate with more figures: of all executions that a user created within a time. One snapshot. */
export async function summarizeExecutions(
  db: Queryable,
  userId: string,
  selection: MetricsSelection,
): Promise<Figures> {
  const { rows } = await db.query<FiguresRow>(
    // At most one group of each kind; without any the figures are those of nothing.
    `${groupedSql("'all'")}
     SELECT ${figuresColumns} FROM (SELECT) x LEFT JOIN ended d ON true LEFT JOIN open o ON true`,
    selectionParameters(userId, selection),
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the figures of nothing are missing');
  return toFigures(row);
}

/**
 * The figures of each prompt that a user's executions ran, the largest first.
 *
 * @param limit how many prompts at most.
 */
export async function summarizeByPrompt(
  db: Queryable,
  userId: string,
  selection: MetricsSelection,
  order: MetricsOrder,
  limit: number,
): Promise<PromptFigures[]> {
  const { rows } = await db.query<FiguresRow & { id: string; promptName: string }>(
    `${groupedSql('prompt_id')}
     SELECT p.id, p.name AS "promptName", g.*
     FROM (SELECT * FROM groups ORDER BY ${orders[order]} DESC, name LIMIT $6) g JOIN prompts p ON p.id = g.name
     ORDER BY ${orders[order]} DESC, g.name`,
    [...selectionParameters(userId, selection), limit],
  );
  return rows.map((row) => ({ prompt: { id: row.id, name: row.promptName }, ...toFigures(row) }));
}

/** The figures of each model that a user's executions asked for, the largest first. */
export async function summarizeByModel(
  db: Queryable,
  userId: string,
  selection: MetricsSelection,
  order: MetricsOrder,
  limit: number,
): Promise<ModelFigures[]> {
  const { rows } = await db.query<FiguresRow & { name: string }>(
    `${groupedSql('model')} SELECT * FROM groups ORDER BY ${orders[order]} DESC, name LIMIT $6`,
    [...selectionParameters(userId, selection), limit],
  );
  return rows.map((row) => ({ model: row.name, ...toFigures(row) }));
}
