-- The newest of a user's executions with a status, without reading the user's others or sorting.
CREATE INDEX "idx_executions_user_status_created" ON "executions"("user_id", "status", "created_at" DESC);
DROP INDEX "idx_executions_user_status";
ALTER INDEX "idx_executions_user_status_created" RENAME TO "idx_executions_user_status";

-- What is past its deadline, without reading the rows of what is only due to be looked at.
CREATE INDEX "idx_executions_check_deadline" ON "executions"("check_at", "deadline_at")
  WHERE (lease_token IS NULL AND status IN ('PENDING', 'RUNNING'));
DROP INDEX "idx_executions_check";
ALTER INDEX "idx_executions_check_deadline" RENAME TO "idx_executions_check";
