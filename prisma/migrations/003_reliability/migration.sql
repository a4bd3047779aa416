-- Submissions that may be repeated; when maintenance looks at what waits; who waits for room; and a history that stays.

ALTER TABLE "executions"
  ADD COLUMN "idempotency_key" TEXT,
  ADD COLUMN "request_hash" TEXT,
  ADD COLUMN "check_at" TIMESTAMPTZ(3) NOT NULL DEFAULT (now() + '00:00:05'::interval),
  ADD COLUMN "parked_rank" DOUBLE PRECISION;

-- One execution per user and key, whoever submits at the same time.
CREATE UNIQUE INDEX "uq_executions_idempotency_key" ON "executions"("user_id", "idempotency_key")
  WHERE (idempotency_key IS NOT NULL);

-- Finds the keys that are old enough to be forgotten.
CREATE INDEX "idx_executions_idempotency_age" ON "executions"("created_at") WHERE (idempotency_key IS NOT NULL);

-- Maintenance finds what is due among those that wait, for their first attempt or another, without reading the others.
CREATE INDEX "idx_executions_check" ON "executions"("check_at")
  WHERE (lease_token IS NULL AND status IN ('PENDING', 'RUNNING'));

-- Who runs how many, and whose lease is over. A heartbeat changes neither column.
CREATE INDEX "idx_executions_leased" ON "executions"("user_id") WHERE (lease_token IS NOT NULL);

-- The line of each user whose running cap is reached; negative for those that were called out of it.
CREATE INDEX "idx_executions_parked" ON "executions"("user_id", "parked_rank") WHERE (parked_rank IS NOT NULL);

-- Served maintenance's searches, which read all that waited.
DROP INDEX "idx_executions_pending";

-- ================================
-- Triggers
-- ================================

-- What an execution ended as is written once. Its idempotency key may still be forgotten.
CREATE FUNCTION keep_execution_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an execution that is % does not change any more', OLD.status
    USING ERRCODE = 'check_violation', CONSTRAINT = 'chk_execution_result';
END $$;

-- Another status is refused by record_execution_transition.
CREATE TRIGGER keep_execution_result BEFORE UPDATE ON executions
  FOR EACH ROW WHEN (
    OLD.status IN ('COMPLETED', 'FAILED', 'CANCELLED') AND NEW.status = OLD.status AND
    ROW(NEW.output, NEW.validated_output, NEW.validation_status, NEW.token_usage, NEW.latency_ms, NEW.cost_usd,
      NEW.cost_is_complete, NEW.spent_usd, NEW.error_code, NEW.error_message, NEW.started_at, NEW.completed_at,
      NEW.finished_token, NEW.attempt)
    IS DISTINCT FROM
    ROW(OLD.output, OLD.validated_output, OLD.validation_status, OLD.token_usage, OLD.latency_ms, OLD.cost_usd,
      OLD.cost_is_complete, OLD.spent_usd, OLD.error_code, OLD.error_message, OLD.started_at, OLD.completed_at,
      OLD.finished_token, OLD.attempt)
  ) EXECUTE FUNCTION keep_execution_result();

-- The record of transitions only grows; it goes with its execution, and not before.
CREATE FUNCTION keep_execution_transitions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Deeper than one: a foreign key's trigger deletes what belonged to a deleted execution.
  IF TG_OP = 'DELETE' AND pg_trigger_depth() > 1 THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the record of transitions is only added to'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'chk_execution_transitions';
END $$;

CREATE TRIGGER keep_execution_transitions BEFORE UPDATE OR DELETE ON execution_transitions
  FOR EACH ROW EXECUTE FUNCTION keep_execution_transitions();
