-- An execution's attempts, verdicts and transitions are only written by statements that hold its row, so that it is there, and
-- cannot go before they are. A foreign key would look that up once more for each of them: a twelfth of
-- what PostgreSQL does for an execution.
ALTER TABLE "execution_attempts" DROP CONSTRAINT "execution_attempts_execution_id_fkey";
ALTER TABLE "execution_verdicts" DROP CONSTRAINT "execution_verdicts_execution_id_fkey";
ALTER TABLE "execution_transitions" DROP CONSTRAINT "execution_transitions_execution_id_fkey";

-- They still go with it.
CREATE FUNCTION delete_execution_parts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM execution_attempts p USING old_rows o WHERE p.execution_id = o.id;
  DELETE FROM execution_verdicts p USING old_rows o WHERE p.execution_id = o.id;
  DELETE FROM execution_transitions p USING old_rows o WHERE p.execution_id = o.id;
  RETURN NULL;
END $$;

CREATE TRIGGER delete_execution_parts AFTER DELETE ON executions
  REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION delete_execution_parts();
