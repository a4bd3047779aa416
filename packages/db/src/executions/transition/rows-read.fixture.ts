import type { Fixture } from '../../database.fixture.ts';
import type { Queryable } from '../../pool.ts';

interface PlanNode {
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

/** Runs a statement, and counts the rows of `executions` that it had to read. */
export async function rowsRead({ pool }: Fixture, run: (db: Queryable) => Promise<unknown>): Promise<number> {
  let read = 0;
  const query = async (statement: string | { text: string; values: unknown[] }, parameters?: unknown[]) => {
    const { text, values } =
      typeof statement === 'string' ? { text: statement, values: parameters } : statement;
    const { rows } = await pool.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
    read += readBy(rows[0]['QUERY PLAN'][0].Plan);
    return { rows: [], rowCount: 0 };
  };
  await run({ query: query as unknown as Queryable['query'] });
  return read;
}

function readBy(node: PlanNode): number {
  const rows = (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0);
  const own = node['Relation Name'] === 'executions' ? rows * (node['Actual Loops'] ?? 1) : 0;
  return (node.Plans ?? []).reduce((sum, child) => sum + readBy(child), own);
}
