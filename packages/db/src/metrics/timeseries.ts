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

export interface TimeFigures extends Figures {
  /** When the bucket begins; the first one may begin before the selected time. */
  start: Date;
}

// Any midnight in UTC.
const bucketOf = (time: string) =>
  `date_bin($6::float8 * interval '1 ms', ${time}, '2000-01-01T00:00:00Z'::timestamptz)`;

const timeseriesSql = `
  WITH ended AS (
    SELECT ${bucketOf('f.created_at')} AS start, ${endedAggregates}
    FROM ${selectedFacts(`ARRAY(SELECT m.id FROM ${selectedSeries})`)} GROUP BY 1
  ), open AS (
    SELECT ${bucketOf('e.created_at')} AS start, ${openAggregates} FROM ${selectedOpen} GROUP BY 1
  )
  SELECT b.start, ${figuresColumns}
  FROM generate_series(${bucketOf('$2::timestamptz')}, $3::timestamptz - interval '1 ms', $6::float8 * interval '1 ms')
    AS b(start)
  LEFT JOIN ended d USING (start) LEFT JOIN open o USING (start) ORDER BY b.start`;

/**
 * The figures of a user's executions over time: one entry for each part of the selected time, also where nothing was created.
 * Parts begin at multiples of the step in UTC; of the first and the last only what lies in the selected time is counted.
 *
 * @param stepMs a day divided by a whole number, in milliseconds.
 */
export async function executionTimeseries(
  db: Queryable,
  userId: string,
  selection: MetricsSelection,
  stepMs: number,
): Promise<TimeFigures[]> {
  const { rows } = await db.query<FiguresRow & { start: Date }>(timeseriesSql, [
    ...selectionParameters(userId, selection),
    stepMs,
  ]);
  return rows.map((row) => ({ start: row.start, ...toFigures(row) }));
}
