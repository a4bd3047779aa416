import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../database.fixture.ts';
import { readCatalog } from './catalog.fixture.ts';

/** Each query that the data model promises an index for, and the index that serves it. */
const served: Array<[query: string, index: string]> = [
  // Prisma's @@index, @@unique and @unique lines.
  [`users WHERE email = 'x'`, 'users_email_key'],
  [`api_keys WHERE user_id = 'u' AND is_active = true`, 'api_keys_user_id_is_active_idx'],
  [`prompts WHERE user_id = 'u' AND status = 'DRAFT'`, 'idx_prompts_user_status'],
  ['prompts ORDER BY created_at', 'prompts_created_at_idx'],
  [`prompts WHERE user_id = 'u' ORDER BY created_at DESC, id DESC`, 'idx_prompts_user_created'],
  [`prompts WHERE status = 'ARCHIVED' ORDER BY published_at`, 'prompts_status_published_at_idx'],
  [`prompt_versions WHERE prompt_id = 'p' AND version = 1`, 'prompt_versions_prompt_id_version_key'],
  [`prompt_versions WHERE prompt_id = 'p' ORDER BY created_at`, 'prompt_versions_prompt_id_created_at_idx'],
  [`validations WHERE prompt_id = 'p' AND is_active = true`, 'validations_prompt_id_is_active_idx'],
  ['executions ORDER BY created_at', 'executions_created_at_idx'],
  [`executions WHERE prompt_id = 'p' ORDER BY created_at`, 'idx_executions_prompt_created'],
  [`executions WHERE status = 'FAILED' ORDER BY created_at`, 'idx_executions_status_created'],
  [`executions WHERE user_id = 'u' ORDER BY created_at`, 'idx_executions_user_created'],
  [`execution_logs WHERE execution_id = 'e' ORDER BY timestamp`, 'idx_execution_logs_execution_time'],
  [`execution_logs WHERE level = 'ERROR' ORDER BY timestamp`, 'execution_logs_level_timestamp_idx'],

  // The same queries newest first: one index is read in both directions.
  [`executions WHERE prompt_id = 'p' ORDER BY created_at DESC`, 'idx_executions_prompt_created'],
  [`executions WHERE status = 'FAILED' ORDER BY created_at DESC`, 'idx_executions_status_created'],
  [`executions WHERE user_id = 'u' ORDER BY created_at DESC`, 'idx_executions_user_created'],
  [`execution_logs WHERE execution_id = 'e' ORDER BY timestamp DESC`, 'idx_execution_logs_execution_time'],

  // `idx_executions_user_status` is whole, so that it serves RUNNING and FAILED as well as every other status.
  [`executions WHERE user_id = 'u' AND status = 'COMPLETED'`, 'idx_executions_user_status'],
  [`executions WHERE user_id = 'u' AND status = 'RUNNING'`, 'idx_executions_user_status'],
  [`executions WHERE user_id = 'u' AND status = 'FAILED'`, 'idx_executions_user_status'],
  [`executions WHERE user_id = 'u' AND status IN ('RUNNING', 'FAILED')`, 'idx_executions_user_status'],
  [
    `executions WHERE user_id = 'u' AND status = 'FAILED' ORDER BY created_at DESC`,
    'idx_executions_user_status',
  ],

  [`api_keys WHERE user_id = 'u' ORDER BY created_at DESC`, 'idx_api_keys_user_created'],
  [`user_spend WHERE user_id = 'u' AND day = '2026-01-31'`, 'user_spend_pkey'],

  // Figures.
  [`executions WHERE user_id = 'u' AND completed_at IS NULL`, 'idx_executions_open'],

  // Maintenance.
  [`executions WHERE status = 'RUNNING' ORDER BY created_at`, 'idx_executions_running'],
  [
    `executions WHERE lease_token IS NULL AND status IN ('PENDING', 'RUNNING') ORDER BY check_at`,
    'idx_executions_check',
  ],
  [`executions WHERE user_id = 'u' AND lease_token IS NOT NULL`, 'idx_executions_leased'],
  [`executions WHERE lease_token IS NOT NULL ORDER BY user_id`, 'idx_executions_leased'],
  [`executions WHERE user_id = 'u' AND parked_rank > 0 ORDER BY parked_rank`, 'idx_executions_parked'],
  [
    `executions WHERE idempotency_key IS NOT NULL AND status IN ('COMPLETED', 'FAILED', 'CANCELLED') ORDER BY created_at`,
    'idx_executions_idempotency_age',
  ],
  [`executions WHERE rerun_of = 'e' ORDER BY created_at DESC`, 'idx_executions_rerun'],
  [`executions WHERE user_id = 'u' AND idempotency_key = 'k'`, 'uq_executions_idempotency_key'],

  // Webhooks.
  [`webhooks WHERE user_id = 'u'`, 'webhooks_user_id_idx'],
  [
    `webhook_deliveries WHERE webhook_id = 'w' AND status = 'PENDING' ORDER BY due_at`,
    'idx_webhook_deliveries_due',
  ],
  [
    `webhook_deliveries WHERE execution_id = 'e' AND event_type = 'execution.failed'`,
    'idx_webhook_deliveries_failures',
  ],
  [`webhook_deliveries WHERE webhook_id = 'w' ORDER BY created_at DESC`, 'idx_webhook_deliveries_list'],
  [
    `webhook_deliveries WHERE webhook_id = 'w' AND status = 'FAILED' ORDER BY created_at DESC`,
    'idx_webhook_deliveries_status',
  ],
];

interface Plan {
  'Node Type': string;
  'Index Name'?: string;
  Plans?: Plan[];
}

/** Rows of many users, most of them of one kind, so that each index narrows something down. */
async function fill({ pool }: Fixture): Promise<void> {
  await pool.query(`
    INSERT INTO users (id, email) SELECT 'u' || n, n || '@x' FROM generate_series(1, 200) n;
    INSERT INTO api_keys (id, name, key_hash, user_id, is_active)
      SELECT 'k' || n, 'k', 'h' || n, 'u' || 1 + n % 200, n % 400 < 200 FROM generate_series(1, 2000) n;
    INSERT INTO prompts (id, name, template, variables, user_id, status, published_at, created_at)
      SELECT 'p' || n, 'p', '', '[]', 'u' || 1 + n % 200, (enum_range(NULL::"PromptStatus"))[1 + n % 3],
        now() - n * interval '1 s', now() - n * interval '1 s' FROM generate_series(1, 3000) n;
    INSERT INTO validations (id, name, type, config, prompt_id)
      SELECT 'v' || n, 'v', 'SCHEMA', '{}', 'p' || n FROM generate_series(1, 200) n;
    INSERT INTO executions (idempotency_key, id, inputs, user_id, prompt_id, status, priority, created_at, started_at,
        completed_at)
      SELECT 'k' || n, 'e' || n, '{}', 'u' || 1 + n % 200, 'p' || 1 + n % 200, s, (enum_range(NULL::"Priority"))[1 + n % 4],
        now() - n * interval '1 s', CASE WHEN s <> 'PENDING' THEN now() END,
        CASE WHEN s NOT IN ('PENDING', 'RUNNING') THEN now() END
      FROM generate_series(1, 3000) n,
        LATERAL (SELECT coalesce((enum_range(NULL::"ExecutionStatus"))[1 + n % 50], 'COMPLETED') AS s) x;
    INSERT INTO execution_logs (id, level, message, timestamp, execution_id)
      SELECT 'l' || n, coalesce((enum_range(NULL::"LogLevel"))[1 + n % 50], 'INFO'), '',
        now() - n * interval '1 s', 'e' || 1 + n % 3000 FROM generate_series(1, 6000) n;
    INSERT INTO webhooks (id, url, event_types, secret, user_id)
      SELECT 'w' || n, '', '{*}', '', 'u' || n FROM generate_series(1, 200) n;
    INSERT INTO webhook_deliveries (id, webhook_id, event_type, data, status, created_at, ended_at)
      SELECT 'd' || n, 'w' || 1 + n % 200, '', '{}', (enum_range(NULL::"WebhookDeliveryStatus"))[1 + n % 3],
        now() - n * interval '1 s', CASE WHEN n % 3 > 0 THEN now() END FROM generate_series(1, 6000) n`);
  await pool.query('ANALYZE');
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/** The indexes that the data model names, as PostgreSQL spells them; one has a column more than there. */
const named = [
  'idx_prompts_user_status ON public.prompts USING btree (user_id, status)',
  'idx_executions_user_created ON public.executions USING btree (user_id, created_at DESC)',
  'idx_executions_status_created ON public.executions USING btree (status, created_at DESC)',
  'idx_executions_prompt_created ON public.executions USING btree (prompt_id, created_at DESC)',
  'idx_execution_logs_execution_time ON public.execution_logs USING btree (execution_id, "timestamp" DESC)',
  `idx_prompts_status_published ON public.prompts USING btree (status, published_at DESC) WHERE (status = 'PUBLISHED'::"PromptStatus")`,
  'idx_executions_user_status ON public.executions USING btree (user_id, status, created_at DESC)',
  'idx_api_keys_hash ON public.api_keys USING btree (key_hash) WHERE (is_active = true)',
];

describe('the indexes', () => {
  it('have the names and the columns of the data model', async () => {
    await using database = await setup();
    const { indexes } = await readCatalog(database.pool);
    expect(indexes).toEqual(expect.arrayContaining(named.map((index) => `CREATE INDEX ${index}`)));
  });

  it('serve every query of the data model, without sorting and without reading a whole table', async () => {
    await using database = await setup();
    await fill(database);
    const client = await database.pool.connect();
    try {
      await client.query('SET enable_seqscan = off; SET enable_bitmapscan = off');
      for (const [query, index] of served) {
        const { rows } = await client.query(`EXPLAIN (FORMAT JSON) SELECT * FROM ${query}`);
        const nodes = nodesOf(rows[0]['QUERY PLAN'][0].Plan);
        const plan = nodes.map((node) => node['Index Name'] ?? node['Node Type']);
        expect([query, plan]).toEqual([query, [index]]);
      }
    } finally {
      client.release();
    }
  });

  it('leave the columns that a heartbeat changes out, so that it touches none of them', async () => {
    await using database = await setup();
    const { rows } = await database.pool.query(
      `SELECT indexname FROM pg_indexes WHERE tablename = 'executions'
       AND indexdef ~ 'lease_expires_at|next_attempt_at|last_enqueued_at|enqueue_epoch'`,
    );
    expect(rows).toEqual([]);
  });
});
