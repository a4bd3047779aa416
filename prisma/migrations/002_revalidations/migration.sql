-- Verdicts that were given later, beside those of the execution itself; and limits for the validations of a prompt.

CREATE TABLE "execution_revalidations" (
    "id" TEXT NOT NULL,
    "execution_id" TEXT NOT NULL,
    "validation_status" "ValidationStatus" NOT NULL,
    "validated_output" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "execution_revalidations_pkey" PRIMARY KEY ("id")
);

ALTER TABLE "execution_revalidations" ADD CONSTRAINT "chk_revalidated_output"
  CHECK (validated_output IS NULL OR validation_status = 'PASSED');

CREATE INDEX "execution_revalidations_execution_id_created_at_idx"
  ON "execution_revalidations"("execution_id", "created_at" DESC);

ALTER TABLE "execution_revalidations" ADD CONSTRAINT "execution_revalidations_execution_id_fkey"
  FOREIGN KEY ("execution_id") REFERENCES "executions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "execution_verdicts" ADD COLUMN "revalidation_id" TEXT;

ALTER TABLE "execution_verdicts" ADD CONSTRAINT "execution_verdicts_revalidation_id_fkey"
  FOREIGN KEY ("revalidation_id") REFERENCES "execution_revalidations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Deleting a set finds its verdicts by this; those of the executions themselves take no room in it.
CREATE INDEX "idx_execution_verdicts_revalidation" ON "execution_verdicts"("revalidation_id")
  WHERE (revalidation_id IS NOT NULL);

-- The prompt's row is the lock: two writers see each other's validations, whoever they are.
CREATE FUNCTION limit_validations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.name = OLD.name THEN
    RETURN NEW;
  END IF;
  -- Not FOR UPDATE: executions that refer to the prompt are submitted meanwhile.
  PERFORM 1 FROM prompts WHERE id = NEW.prompt_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM validations WHERE prompt_id = NEW.prompt_id AND name = NEW.name AND id <> NEW.id) THEN
    RAISE EXCEPTION 'the prompt has a validation of this name'
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'uq_validations_prompt_name';
  END IF;
  IF TG_OP = 'INSERT' AND (SELECT count(*) FROM validations WHERE prompt_id = NEW.prompt_id) >= 20 THEN
    RAISE EXCEPTION 'the prompt has 20 validations'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'chk_validations_per_prompt';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER limit_validations BEFORE INSERT OR UPDATE OF name ON validations
  FOR EACH ROW EXECUTE FUNCTION limit_validations();
