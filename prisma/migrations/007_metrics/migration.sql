-- What executions ended as, in rows that are small enough for a dashboard to read a hundred thousand of them at once.

-- Whose, of which prompt and by which model: said once, and a number in each fact.
CREATE TABLE "metric_series" (
    "id" SERIAL NOT NULL,
    "user_id" TEXT NOT NULL,
    "prompt_id" TEXT NOT NULL,
    "model" TEXT NOT NULL,

    CONSTRAINT "metric_series_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "metric_series_user_id_prompt_id_model_key" ON "metric_series"("user_id", "prompt_id", "model");

-- One row for each execution that has ended; written once, in the statement that ends it. Without foreign keys: each would
-- lock the row it refers to, for every execution.
CREATE TABLE "execution_facts" (
    "execution_id" TEXT NOT NULL,
    "series_id" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "status" "ExecutionStatus" NOT NULL,
    "validation_status" "ValidationStatus" NOT NULL,
    "latency_ms" INTEGER,
    "cost_usd" DECIMAL(10,6),
    "cost_is_complete" BOOLEAN NOT NULL,
    "input_tokens" INTEGER,
    "output_tokens" INTEGER,
    "total_tokens" INTEGER,

    CONSTRAINT "execution_facts_pkey" PRIMARY KEY ("execution_id")
);

-- Holds all that is added up, so that the rows themselves are not read.
CREATE INDEX "idx_execution_facts_series" ON "execution_facts"("series_id", "created_at", "status", "validation_status",
  "latency_ms", "cost_usd", "cost_is_complete", "input_tokens", "output_tokens", "total_tokens");

-- Rows are only added, so a vacuum reads the new pages and nothing else; after it the index alone answers.
ALTER TABLE "execution_facts" SET (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000);

-- Finds what a user has open. Without a status in the condition, so that no index by status can be taken for it: that one may
-- lead to everybody's, and PostgreSQL cannot know how many wait since it last counted.
CREATE INDEX "idx_executions_open" ON "executions"("user_id") WHERE (completed_at IS NULL);

-- How far the facts about executions that had ended before are written; maintenance goes on until `completed_at`.
CREATE TABLE "metric_backfill" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "after_id" TEXT NOT NULL DEFAULT '',
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "metric_backfill_pkey" PRIMARY KEY ("id")
);

-- ================================
-- Triggers
-- ================================

-- Tokens as the provider counted them; null for whatever is no count.
CREATE FUNCTION token_count(usage jsonb, kind text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN jsonb_typeof(usage -> kind) = 'number' AND (usage -> kind)::numeric BETWEEN 0 AND 2147483647
    THEN (usage -> kind)::integer END
$$;

-- Writes the facts of those of the executions that have ended and have none.
CREATE FUNCTION record_execution_facts(ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- The condition on the id is always true: taken for rare, it makes the planner look up each row by its key.
  INSERT INTO metric_series (user_id, prompt_id, model)
    SELECT DISTINCT e.user_id, e.prompt_id, e.model FROM unnest(ids) i JOIN executions e ON e.id = i
    WHERE i = (i || '') AND e.status IN ('COMPLETED', 'FAILED', 'CANCELLED') AND NOT EXISTS (SELECT FROM metric_series s
      WHERE s.user_id = e.user_id AND s.prompt_id = e.prompt_id AND s.model = e.model)
    -- In one order, so that two statements never wait for each other.
    ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING;
  INSERT INTO execution_facts (execution_id, series_id, created_at, status, validation_status, latency_ms, cost_usd,
      cost_is_complete, input_tokens, output_tokens, total_tokens)
    SELECT e.id, s.id, e.created_at, e.status, e.validation_status, e.latency_ms, e.cost_usd, e.cost_is_complete,
      token_count(e.token_usage, 'input'), token_count(e.token_usage, 'output'), token_count(e.token_usage, 'total')
    FROM unnest(ids) i JOIN executions e ON e.id = i
      JOIN metric_series s ON s.user_id = e.user_id AND s.prompt_id = e.prompt_id AND s.model = e.model
    WHERE i = (i || '') AND e.status IN ('COMPLETED', 'FAILED', 'CANCELLED')
    ON CONFLICT DO NOTHING;
END $$;

-- The same, from the rows that a statement has just written: a third of the time that looking them up again takes.
CREATE FUNCTION record_ended_executions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ended integer := (SELECT count(*) FROM new_rows WHERE status IN ('COMPLETED', 'FAILED', 'CANCELLED'))
    - (SELECT count(*) FROM old_rows WHERE status IN ('COMPLETED', 'FAILED', 'CANCELLED'));
  recorded integer;
BEGIN
  IF ended = 0 THEN
    RETURN NULL;
  END IF;
  INSERT INTO execution_facts (execution_id, series_id, created_at, status, validation_status, latency_ms, cost_usd,
      cost_is_complete, input_tokens, output_tokens, total_tokens)
    SELECT e.id, s.id, e.created_at, e.status, e.validation_status, e.latency_ms, e.cost_usd, e.cost_is_complete,
      token_count(e.token_usage, 'input'), token_count(e.token_usage, 'output'), token_count(e.token_usage, 'total')
    FROM new_rows e JOIN metric_series s ON s.user_id = e.user_id AND s.prompt_id = e.prompt_id AND s.model = e.model
    WHERE e.id = (e.id || '') AND e.status IN ('COMPLETED', 'FAILED', 'CANCELLED')
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS recorded = ROW_COUNT;
  -- The first of a series.
  IF recorded < ended THEN
    PERFORM record_execution_facts((SELECT array_agg(id) FROM new_rows));
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER record_ended_executions AFTER UPDATE ON executions
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_ended_executions();

-- Only data that is loaded has ended from the start.
CREATE FUNCTION record_loaded_execution() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM record_execution_facts(ARRAY[NEW.id]);
  RETURN NULL;
END $$;

CREATE TRIGGER record_loaded_execution AFTER INSERT ON executions
  FOR EACH ROW WHEN (NEW.status IN ('COMPLETED', 'FAILED', 'CANCELLED')) EXECUTE FUNCTION record_loaded_execution();

INSERT INTO metric_backfill (completed_at) SELECT CASE WHEN NOT EXISTS (SELECT FROM executions) THEN now() END;
