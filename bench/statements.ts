import { queryOnce } from './services.ts';

/** Forgets what was counted. */
export async function resetStatements(postgresUrl: string): Promise<void> {
  await queryOnce(postgresUrl, 'SELECT pg_stat_statements_reset()');
}

/** The statements that took most of PostgreSQL's time, one line each. */
export async function topStatements(postgresUrl: string): Promise<string[]> {
  const rows = await queryOnce(
    postgresUrl,
    `SELECT calls, round(total_exec_time + total_plan_time) AS total, round(total_plan_time) AS planning,
       (mean_exec_time + mean_plan_time)::numeric(10, 3) AS mean, rows, wal_bytes,
       shared_blks_hit + shared_blks_read AS blocks, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) AS query
     FROM pg_stat_statements ORDER BY total_exec_time + total_plan_time DESC LIMIT 12`,
  );
  return rows.map(
    ({ calls, total, planning, mean, rows: count, wal_bytes: wal, blocks, query }) =>
      `${total} ms (${planning} planning) in ${calls} calls, ${mean} ms each, ${count} rows, ${blocks} blocks, ${wal} WAL bytes: ${query}`,
  );
}
