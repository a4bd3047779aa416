import type pg from 'pg';

/**
 * Fills the tables with executions that have ended, 90 days of them, spread over a thousand users, few of whom have most
 * of them; one in a hundred belongs to the target's user (in a small table more, so that his pages are full), half of those to the
 * target's prompt. Every tenth has its attempt, every fiftieth its log lines, and each its fact for the dashboards.
 *
 * Indexes and checks are put back afterwards, which takes a quarter of the time of keeping them up to date.
 */
export async function populate(
  db: pg.Pool,
  count: number,
  { userId, promptId }: { userId: string; promptId: string },
): Promise<void> {
  const client = await db.connect();
  try {
    await client.query(`SET maintenance_work_mem = '512MB'; SET synchronous_commit = off`);
    const { dropped, restore } = await planOfIndexes(client);
    await client.query(dropped);
    await client.query(usersSql);
    await client.query(ownPromptsSql, [userId]);
    // All facts together, because row by row they take longer than all the rest.
    await client.query('ALTER TABLE executions DISABLE TRIGGER record_loaded_execution');
    await client.query(executionsSql, [count, userId, promptId, ownShare(count)]);
    await client.query('ALTER TABLE executions ENABLE TRIGGER record_loaded_execution');
    await client.query(seriesSql);
    await client.query(factsSql);
    await client.query(attemptsSql);
    await client.query(logsSql);
    await client.query(restore);
    // Else PostgreSQL would do so in the middle of a measurement.
    for (const table of [...tables, 'metric_series', 'users', 'prompts'])
      await client.query(`VACUUM (FREEZE, ANALYZE) ${table}`);
    await client.query('CHECKPOINT');
  } finally {
    client.release(true);
  }
}

/** The target's user has one of so many; of 10,000 one of five, so that more than a page of his have failed. */
const ownShare = (count: number) => Math.max(1, Math.min(100, Math.floor(count / 2_000)));

const tables = [
  'executions',
  'execution_attempts',
  'execution_logs',
  'execution_transitions',
  'execution_facts',
] as const;

/** Statements that take away what slows the filling down, and that put it back. */
async function planOfIndexes(client: pg.PoolClient): Promise<{ dropped: string; restore: string }> {
  const { rows } = await client.query<{ dropped: string; restore: string }>(
    `SELECT format('DROP INDEX %I', c.relname) AS dropped, pg_get_indexdef(i.indexrelid) AS restore
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid::regclass::text = ANY($1) AND NOT i.indisprimary
     UNION ALL
     SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', conrelid::regclass, conname, pg_get_constraintdef(oid))
     FROM pg_constraint WHERE conrelid::regclass::text = ANY($1) AND contype = 'f'`,
    [[...tables]],
  );
  return {
    dropped: rows.map((row) => row.dropped).join(';'),
    restore: rows.map((row) => row.restore).join(';'),
  };
}

const usersSql = `
  INSERT INTO users (id, email, plan) SELECT 'user-' || n, n || '@test.invalid', 'PRO' FROM generate_series(0, 999) n;
  INSERT INTO prompts (id, name, template, variables, status, published_at, user_id)
  SELECT 'prompt-' || n, 'Prompt ' || n, '{{text}}', '[]', 'PUBLISHED', now(), 'user-' || n % 1000
  FROM generate_series(0, 4999) n`;

const ownPromptsSql = `
  INSERT INTO prompts (id, name, template, variables, status, published_at, user_id)
  SELECT 'own-' || n, 'Own prompt ' || n, '{{text}}', '[]', 'PUBLISHED', now(), $1 FROM generate_series(0, 19) n`;

// Ids grow with time, as the product's do. hashint4 is chance that comes out the same every time.
const executionsSql = `
  INSERT INTO executions (id, user_id, prompt_id, model, inputs, status, output, validation_status, token_usage, latency_ms,
    cost_usd, spent_usd, created_at, started_at, completed_at, deadline_at, check_at, attempt, finished_token,
    edge_function_id, error_code, idempotency_key, request_hash)
  SELECT 'old-' || lpad(n::text, 10, '0'),
    CASE WHEN n % $4::int = 0 THEN $2 ELSE 'user-' || u END,
    CASE WHEN n % (2 * $4::int) = 0 THEN $3 WHEN n % $4::int = 0 THEN 'own-' || (chance % 20) ELSE 'prompt-' || (u + 1000 * (n % 5)) END,
    CASE chance % 3 WHEN 0 THEN 'gpt-4o' ELSE 'gpt-4o-mini' END, '{"text": "Please answer this."}', s::"ExecutionStatus",
    CASE s WHEN 'COMPLETED' THEN 'An answer of a few words, number ' || n END,
    (CASE WHEN s <> 'COMPLETED' THEN 'SKIPPED' WHEN chance % 16 = 0 THEN 'FAILED' ELSE 'PASSED' END)::"ValidationStatus",
    jsonb_build_object('input', tokens, 'output', 250, 'total', tokens + 250), 300 + chance % 4000,
    tokens * 0.000002, tokens * 0.000002,
    t, t + interval '40 ms', t + interval '2 s', t + interval '1 day', t + interval '5 s', 1, 'token-' || n, 'worker-1#1',
    CASE s WHEN 'FAILED' THEN 'PROVIDER_BAD_REQUEST' END,
    CASE WHEN n > 0.99 * $1 THEN 'key-' || n END, CASE WHEN n > 0.99 * $1 THEN 'hash' END
  FROM (
    SELECT n, statement_timestamp() - interval '90 days' * (1 - n / ($1::float8 + 1)) AS t,
      floor(1000 * power(abs(hashint4(n)::float8 / 2147483648), 3))::int % 1000 AS u,
      abs(hashint4(n + 3)::bigint) % 1000000 AS chance, 50 + abs(hashint4(n + 5)::bigint)::int % 400 AS tokens,
      CASE abs(hashint4(n + 7)::bigint) % 50 WHEN 0 THEN 'CANCELLED' WHEN 1 THEN 'FAILED' WHEN 2 THEN 'FAILED' ELSE 'COMPLETED' END AS s
    FROM generate_series(1, $1::int) n
  ) AS old`;

const seriesSql = `
  INSERT INTO metric_series (user_id, prompt_id, model) SELECT DISTINCT user_id, prompt_id, model FROM executions
  ON CONFLICT DO NOTHING`;

const factsSql = `
  INSERT INTO execution_facts (execution_id, series_id, created_at, status, validation_status, latency_ms, cost_usd,
    cost_is_complete, input_tokens, output_tokens, total_tokens)
  SELECT e.id, s.id, e.created_at, e.status, e.validation_status, e.latency_ms, e.cost_usd, e.cost_is_complete,
    token_count(e.token_usage, 'input'), token_count(e.token_usage, 'output'), token_count(e.token_usage, 'total')
  FROM executions e JOIN metric_series s USING (user_id, prompt_id, model)`;

const attemptsSql = `
  INSERT INTO execution_attempts (execution_id, attempt, token, worker_id, started_at, ended_at, outcome, input_tokens,
    output_tokens, cost_usd, latency_ms)
  SELECT id, 1, finished_token, 'worker-1', started_at, completed_at, 'SUCCEEDED', 100, 250, 0.000165, 1800
  FROM executions WHERE hashtext(id) % 10 = 0`;

const logsSql = `
  INSERT INTO execution_logs (id, execution_id, message, timestamp)
  SELECT id || '-' || line, id, 'Line ' || line, created_at + line * interval '10 ms'
  FROM executions, generate_series(1, 5) line WHERE hashtext(id) % 50 = 0`;
