-- An execution is written three times, and each time every index that concerns it. What is not read is not kept.

-- An execution enters a status once. The old key told rows apart that this one does, too.
ALTER TABLE "execution_transitions" DROP CONSTRAINT "execution_transitions_pkey";
ALTER TABLE "execution_transitions" ADD CONSTRAINT "execution_transitions_pkey" PRIMARY KEY ("execution_id", "to_status");
DROP INDEX "execution_transitions_execution_id_idx";

-- Only what has ended forgets its key, so it enters this index once, and not three times.
DROP INDEX "idx_executions_idempotency_age";
CREATE INDEX "idx_executions_idempotency_age" ON "executions"("created_at")
  WHERE (idempotency_key IS NOT NULL AND status IN ('COMPLETED', 'FAILED', 'CANCELLED'));

-- Every row is written twice, the second time longer: with room on its page no index is.
ALTER TABLE execution_attempts SET (fillfactor = 60);

-- Recorded once a statement instead of once a row. The record itself refuses what cannot be.
ALTER TABLE execution_transitions ADD CONSTRAINT chk_execution_transition CHECK (
  (from_status = 'PENDING' AND to_status IN ('RUNNING', 'FAILED', 'CANCELLED')) OR
  (from_status = 'RUNNING' AND to_status IN ('COMPLETED', 'FAILED', 'CANCELLED')));

CREATE FUNCTION record_execution_transitions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO execution_transitions (execution_id, from_status, to_status)
    SELECT n.id, o.status, n.status FROM new_rows n JOIN old_rows o ON o.id = n.id WHERE n.status <> o.status;
  RETURN NULL;
END $$;

DROP TRIGGER record_execution_transition ON executions;
DROP FUNCTION record_execution_transition();
CREATE TRIGGER record_execution_transitions AFTER UPDATE ON executions
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_execution_transitions();
