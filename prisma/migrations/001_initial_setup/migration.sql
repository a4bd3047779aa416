-- Create extensions
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE EXTENSION IF NOT EXISTS "pg_trgm"; -- For text search

-- CreateEnum
CREATE TYPE "UserPlan" AS ENUM ('FREE', 'PRO', 'ENTERPRISE');

-- CreateEnum
CREATE TYPE "PromptStatus" AS ENUM ('DRAFT', 'PUBLISHED', 'ARCHIVED');

-- CreateEnum
CREATE TYPE "ValidationType" AS ENUM ('SCHEMA', 'REGEX', 'FUNCTION');

-- CreateEnum
CREATE TYPE "ExecutionStatus" AS ENUM ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "ValidationStatus" AS ENUM ('PENDING', 'PASSED', 'FAILED', 'SKIPPED');

-- CreateEnum
CREATE TYPE "Priority" AS ENUM ('LOW', 'NORMAL', 'HIGH', 'CRITICAL');

-- CreateEnum
CREATE TYPE "AttemptOutcome" AS ENUM ('SUCCEEDED', 'FAILED', 'CANCELLED', 'SHUTDOWN', 'LOST');

-- CreateEnum
CREATE TYPE "VerdictOutcome" AS ENUM ('PASSED', 'FAILED', 'ERRORED');

-- CreateEnum
CREATE TYPE "LogLevel" AS ENUM ('DEBUG', 'INFO', 'WARN', 'ERROR');

-- CreateTable
CREATE TABLE "users" (
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT,
    "avatar_url" TEXT,
    "plan" "UserPlan" NOT NULL DEFAULT 'FREE',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "key_hash" TEXT NOT NULL,
    "last_used" TIMESTAMPTZ(3),
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_id" TEXT NOT NULL,

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "prompts" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "template" TEXT NOT NULL,
    "variables" JSONB NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "status" "PromptStatus" NOT NULL DEFAULT 'DRAFT',
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),
    "user_id" TEXT NOT NULL,

    CONSTRAINT "prompts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "prompt_versions" (
    "id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "template" TEXT NOT NULL,
    "variables" JSONB NOT NULL,
    "change_log" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "prompt_id" TEXT NOT NULL,

    CONSTRAINT "prompt_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "validations" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "type" "ValidationType" NOT NULL,
    "config" JSONB NOT NULL,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "prompt_id" TEXT NOT NULL,

    CONSTRAINT "validations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "executions" (
    "id" TEXT NOT NULL,
    "inputs" JSONB NOT NULL,
    "context" JSONB,
    "status" "ExecutionStatus" NOT NULL DEFAULT 'PENDING',
    "priority" "Priority" NOT NULL DEFAULT 'NORMAL',
    "edge_function_id" TEXT,
    "output" TEXT,
    "validated_output" JSONB,
    "validation_status" "ValidationStatus" NOT NULL DEFAULT 'PENDING',
    "token_usage" JSONB,
    "latency_ms" INTEGER,
    "cost_usd" DECIMAL(10,6),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "completed_at" TIMESTAMPTZ(3),
    "user_id" TEXT NOT NULL,
    "prompt_id" TEXT NOT NULL,
    "prompt_version" INTEGER NOT NULL DEFAULT 1,
    "model" TEXT NOT NULL DEFAULT 'unknown',
    "parameters" JSONB NOT NULL DEFAULT '{}',
    "max_attempts" INTEGER NOT NULL DEFAULT 3,
    "timeout_ms" INTEGER NOT NULL DEFAULT 120000,
    "deadline_at" TIMESTAMPTZ(3) NOT NULL DEFAULT (now() + '24:00:00'::interval),
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "charged_attempts" INTEGER NOT NULL DEFAULT 0,
    "crash_attempts" INTEGER NOT NULL DEFAULT 0,
    "lease_token" TEXT,
    "lease_expires_at" TIMESTAMPTZ(3),
    "finished_token" TEXT,
    "next_attempt_at" TIMESTAMPTZ(3),
    "cancel_requested_at" TIMESTAMPTZ(3),
    "enqueue_epoch" INTEGER NOT NULL DEFAULT 0,
    "last_enqueued_at" TIMESTAMPTZ(3),
    "error_code" TEXT,
    "error_message" TEXT,
    "spent_usd" DECIMAL(24,12),
    "cost_is_complete" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "executions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "execution_attempts" (
    "execution_id" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "token" TEXT NOT NULL,
    "worker_id" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "outcome" "AttemptOutcome",
    "error_code" TEXT,
    "error_message" TEXT,
    "provider_request_id" TEXT,
    "input_tokens" INTEGER,
    "output_tokens" INTEGER,
    "usage_is_estimated" BOOLEAN NOT NULL DEFAULT false,
    "cost_usd" DECIMAL(24,12),
    "latency_ms" INTEGER,

    CONSTRAINT "execution_attempts_pkey" PRIMARY KEY ("execution_id","attempt")
);

-- CreateTable
CREATE TABLE "execution_verdicts" (
    "id" TEXT NOT NULL,
    "execution_id" TEXT NOT NULL,
    "validation_id" TEXT NOT NULL,
    "validation_name" TEXT NOT NULL,
    "type" "ValidationType" NOT NULL,
    "outcome" "VerdictOutcome" NOT NULL,
    "code" TEXT,
    "errors" JSONB NOT NULL DEFAULT '[]',
    "config_hash" TEXT NOT NULL,
    "duration_ms" DOUBLE PRECISION NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "execution_verdicts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "execution_transitions" (
    "id" BIGSERIAL NOT NULL,
    "execution_id" TEXT NOT NULL,
    "from_status" "ExecutionStatus" NOT NULL,
    "to_status" "ExecutionStatus" NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "execution_transitions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "execution_logs" (
    "id" TEXT NOT NULL,
    "level" "LogLevel" NOT NULL DEFAULT 'INFO',
    "message" TEXT NOT NULL,
    "metadata" JSONB,
    "timestamp" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "execution_id" TEXT NOT NULL,

    CONSTRAINT "execution_logs_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_key_hash_key" ON "api_keys"("key_hash");

-- CreateIndex
CREATE INDEX "api_keys_user_id_is_active_idx" ON "api_keys"("user_id", "is_active");

-- CreateIndex
CREATE INDEX "idx_api_keys_hash" ON "api_keys"("key_hash") WHERE (is_active = true);

-- CreateIndex
CREATE INDEX "idx_prompts_user_status" ON "prompts"("user_id", "status");

-- CreateIndex
CREATE INDEX "prompts_created_at_idx" ON "prompts"("created_at");

-- CreateIndex
CREATE INDEX "prompts_status_published_at_idx" ON "prompts"("status", "published_at");

-- CreateIndex
CREATE INDEX "idx_prompts_status_published" ON "prompts"("status", "published_at" DESC) WHERE (status = 'PUBLISHED');

-- CreateIndex
CREATE INDEX "prompt_versions_prompt_id_created_at_idx" ON "prompt_versions"("prompt_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "prompt_versions_prompt_id_version_key" ON "prompt_versions"("prompt_id", "version");

-- CreateIndex
CREATE INDEX "validations_prompt_id_is_active_idx" ON "validations"("prompt_id", "is_active");

-- CreateIndex
CREATE INDEX "idx_executions_user_status" ON "executions"("user_id", "status");

-- CreateIndex
CREATE INDEX "executions_created_at_idx" ON "executions"("created_at");

-- CreateIndex
CREATE INDEX "idx_executions_prompt_created" ON "executions"("prompt_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "idx_executions_status_created" ON "executions"("status", "created_at" DESC);

-- CreateIndex
CREATE INDEX "idx_executions_user_created" ON "executions"("user_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "idx_executions_running" ON "executions"("created_at") WHERE (status = 'RUNNING');

-- CreateIndex
CREATE INDEX "idx_executions_pending" ON "executions"("priority", "created_at") WHERE (status = 'PENDING');

-- CreateIndex
CREATE INDEX "execution_verdicts_execution_id_idx" ON "execution_verdicts"("execution_id");

-- CreateIndex
CREATE INDEX "execution_transitions_execution_id_idx" ON "execution_transitions"("execution_id");

-- CreateIndex
CREATE INDEX "idx_execution_logs_execution_time" ON "execution_logs"("execution_id", "timestamp" DESC);

-- CreateIndex
CREATE INDEX "execution_logs_level_timestamp_idx" ON "execution_logs"("level", "timestamp");

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "prompts" ADD CONSTRAINT "prompts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "prompt_versions" ADD CONSTRAINT "prompt_versions_prompt_id_fkey" FOREIGN KEY ("prompt_id") REFERENCES "prompts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "validations" ADD CONSTRAINT "validations_prompt_id_fkey" FOREIGN KEY ("prompt_id") REFERENCES "prompts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "executions" ADD CONSTRAINT "executions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "executions" ADD CONSTRAINT "executions_prompt_id_fkey" FOREIGN KEY ("prompt_id") REFERENCES "prompts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "executions" ADD CONSTRAINT "executions_prompt_id_prompt_version_fkey" FOREIGN KEY ("prompt_id", "prompt_version") REFERENCES "prompt_versions"("prompt_id", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "execution_attempts" ADD CONSTRAINT "execution_attempts_execution_id_fkey" FOREIGN KEY ("execution_id") REFERENCES "executions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "execution_verdicts" ADD CONSTRAINT "execution_verdicts_execution_id_fkey" FOREIGN KEY ("execution_id") REFERENCES "executions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "execution_transitions" ADD CONSTRAINT "execution_transitions_execution_id_fkey" FOREIGN KEY ("execution_id") REFERENCES "executions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "execution_logs" ADD CONSTRAINT "execution_logs_execution_id_fkey" FOREIGN KEY ("execution_id") REFERENCES "executions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- ================================
-- Constraints
-- ================================

-- Ensure cost is non-negative
ALTER TABLE executions ADD CONSTRAINT chk_cost_positive
  CHECK (cost_usd IS NULL OR cost_usd >= 0);

-- PostgreSQL holds NaN to be greater than every number, so the line above lets it pass.
ALTER TABLE executions ADD CONSTRAINT chk_cost_is_number
  CHECK (cost_usd IS NULL OR cost_usd <> 'NaN');
ALTER TABLE execution_attempts ADD CONSTRAINT chk_attempt_cost
  CHECK (cost_usd IS NULL OR (cost_usd >= 0 AND cost_usd <> 'NaN'));

-- Ensure latency is positive
ALTER TABLE executions ADD CONSTRAINT chk_latency_positive
  CHECK (latency_ms IS NULL OR latency_ms > 0);

-- Ensure completion timestamp after start timestamp
ALTER TABLE executions ADD CONSTRAINT chk_completion_order
  CHECK (completed_at IS NULL OR started_at IS NULL OR completed_at >= started_at);

ALTER TABLE executions ADD CONSTRAINT chk_times_finite
  CHECK (isfinite(created_at) AND isfinite(deadline_at)
    AND (started_at IS NULL OR isfinite(started_at))
    AND (completed_at IS NULL OR isfinite(completed_at)));

-- Ensure version numbers start at 1
ALTER TABLE prompts ADD CONSTRAINT chk_version_positive
  CHECK (version >= 1);
ALTER TABLE prompt_versions ADD CONSTRAINT chk_prompt_version_positive
  CHECK (version >= 1);

-- Execution status logic
ALTER TABLE executions ADD CONSTRAINT chk_execution_status_logic
  CHECK (
    (status = 'PENDING' AND started_at IS NULL AND completed_at IS NULL) OR
    (status = 'RUNNING' AND started_at IS NOT NULL AND completed_at IS NULL) OR
    (status IN ('COMPLETED', 'FAILED', 'CANCELLED') AND started_at IS NOT NULL AND completed_at IS NOT NULL)
  );

-- Published prompts must have published_at timestamp
ALTER TABLE prompts ADD CONSTRAINT chk_published_timestamp
  CHECK (
    (status != 'PUBLISHED' OR published_at IS NOT NULL)
  );

-- A lease is whole, and only a running execution has one.
ALTER TABLE executions ADD CONSTRAINT chk_lease
  CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL) AND (lease_token IS NULL OR status = 'RUNNING'));

-- A recorded wish to cancel leads to CANCELLED and nowhere else.
ALTER TABLE executions ADD CONSTRAINT chk_cancel_wish
  CHECK (cancel_requested_at IS NULL OR status = 'CANCELLED' OR lease_token IS NOT NULL);

ALTER TABLE executions ADD CONSTRAINT chk_attempt_counts
  CHECK (attempt >= 0 AND charged_attempts >= 0 AND crash_attempts >= 0 AND max_attempts >= 1 AND timeout_ms >= 1);

ALTER TABLE executions ADD CONSTRAINT chk_validated_output
  CHECK (validated_output IS NULL OR validation_status = 'PASSED');

-- ================================
-- Storage
-- ================================

-- Room on each page for the updates of a running execution: a heartbeat then touches no index.
ALTER TABLE executions SET (fillfactor = 80);
ALTER TABLE execution_attempts SET (fillfactor = 80);

-- ================================
-- Triggers
-- ================================

-- The last line of defence for the state machine (packages/core/src/execution/transitions.ts), and its record.
CREATE FUNCTION record_execution_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.status, NEW.status) NOT IN (
    ('PENDING', 'RUNNING'), ('PENDING', 'FAILED'), ('PENDING', 'CANCELLED'),
    ('RUNNING', 'COMPLETED'), ('RUNNING', 'FAILED'), ('RUNNING', 'CANCELLED')
  ) THEN
    RAISE EXCEPTION 'an execution cannot go from % to %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'chk_execution_transition';
  END IF;
  INSERT INTO execution_transitions (execution_id, from_status, to_status) VALUES (NEW.id, OLD.status, NEW.status);
  RETURN NULL;
END $$;

CREATE TRIGGER record_execution_transition AFTER UPDATE OF status ON executions
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION record_execution_transition();

-- No version of a prompt without its row, whoever writes the prompt: executions pin it by a foreign key.
CREATE FUNCTION record_prompt_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO prompt_versions (id, prompt_id, version, template, variables)
    VALUES (gen_random_uuid()::text, NEW.id, NEW.version, NEW.template, NEW.variables)
    ON CONFLICT (prompt_id, version) DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER record_prompt_version AFTER INSERT OR UPDATE OF version ON prompts
  FOR EACH ROW EXECUTE FUNCTION record_prompt_version();

-- ================================
-- Initial data
-- ================================

INSERT INTO users (id, email, name, plan) VALUES
  ('demo-user-id', 'demo@formaops.com', 'Demo User', 'PRO');
