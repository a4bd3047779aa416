-- Executions that start later, that repeat another one, and whose content was removed.

ALTER TABLE "executions"
  ADD COLUMN "run_at" TIMESTAMPTZ(3),
  ADD COLUMN "rerun_of" TEXT,
  ADD COLUMN "redacted_at" TIMESTAMPTZ(3);

-- Finds what repeats an execution. Most executions repeat none, and take no room in it.
CREATE INDEX "idx_executions_rerun" ON "executions"("rerun_of", "created_at" DESC) WHERE (rerun_of IS NOT NULL);

-- Finds what was told of an execution that FAILED, with the provider's message.
CREATE INDEX "idx_webhook_deliveries_failures" ON "webhook_deliveries"("execution_id")
  WHERE (event_type = 'execution.failed');

-- Not validated: no row that is there has a value in the new columns, and a scan would lock the table for minutes.
ALTER TABLE executions ADD CONSTRAINT chk_run_at
  CHECK (run_at IS NULL OR (isfinite(run_at) AND run_at < deadline_at AND (attempt = 0 OR started_at >= run_at))) NOT VALID;

ALTER TABLE executions ADD CONSTRAINT chk_redacted CHECK (redacted_at IS NULL OR (
  status IN ('COMPLETED', 'FAILED', 'CANCELLED') AND redacted_at >= completed_at AND inputs = '{}' AND context IS NULL
  AND output IS NULL AND validated_output IS NULL AND error_message IS NULL)) NOT VALID;

-- ================================
-- Triggers
-- ================================

-- What an execution ended as is written once. Its content may be removed, all of it and once; chk_redacted says what that is.
DROP TRIGGER keep_execution_result ON executions;
CREATE TRIGGER keep_execution_result BEFORE UPDATE ON executions
  FOR EACH ROW WHEN (
    OLD.status IN ('COMPLETED', 'FAILED', 'CANCELLED') AND NEW.status = OLD.status AND (
      ROW(NEW.validation_status, NEW.token_usage, NEW.latency_ms, NEW.cost_usd, NEW.cost_is_complete, NEW.spent_usd,
        NEW.error_code, NEW.started_at, NEW.completed_at, NEW.finished_token, NEW.attempt)
      IS DISTINCT FROM
      ROW(OLD.validation_status, OLD.token_usage, OLD.latency_ms, OLD.cost_usd, OLD.cost_is_complete, OLD.spent_usd,
        OLD.error_code, OLD.started_at, OLD.completed_at, OLD.finished_token, OLD.attempt)
      OR (OLD.redacted_at IS NOT NULL AND NEW.redacted_at IS DISTINCT FROM OLD.redacted_at)
      OR ((OLD.redacted_at IS NOT NULL OR NEW.redacted_at IS NULL) AND
        ROW(NEW.output, NEW.validated_output, NEW.error_message)
        IS DISTINCT FROM ROW(OLD.output, OLD.validated_output, OLD.error_message))
    )
  ) EXECUTE FUNCTION keep_execution_result();

-- The content of an execution is also in what was written about it. A trigger, because each of its statements sees what was
-- committed while the update waited for the row: a judgement of the output, for example.
CREATE FUNCTION redact_execution_parts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE execution_revalidations SET validated_output = NULL
    WHERE execution_id = NEW.id AND validated_output IS NOT NULL;
  UPDATE execution_verdicts SET errors = '[]' WHERE execution_id = NEW.id AND errors <> '[]';
  UPDATE execution_attempts SET error_message = NULL WHERE execution_id = NEW.id AND error_message IS NOT NULL;
  -- The one text in a log line that is not ours: what the provider said, which may repeat what it was sent.
  UPDATE execution_logs SET metadata = metadata - 'reason' WHERE execution_id = NEW.id AND metadata ? 'reason';
  UPDATE webhook_deliveries
    SET data = jsonb_set(data::jsonb, '{error,message}', to_jsonb(data #>> '{error,code}'))::json
    WHERE execution_id = NEW.id AND event_type = 'execution.failed' AND data #>> '{error,message}' <> data #>> '{error,code}';
  RETURN NULL;
END $$;

CREATE TRIGGER redact_execution_parts AFTER UPDATE OF redacted_at ON executions
  FOR EACH ROW WHEN (OLD.redacted_at IS NULL AND NEW.redacted_at IS NOT NULL)
  EXECUTE FUNCTION redact_execution_parts();
