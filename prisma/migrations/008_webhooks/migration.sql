-- Endpoints that are told when executions end, and what they are to be told.

CREATE TYPE "WebhookDeliveryStatus" AS ENUM ('PENDING', 'DELIVERED', 'FAILED');

CREATE TABLE "webhooks" (
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT,
    "event_types" TEXT[],
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "active_since" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "secret" TEXT NOT NULL,
    "previous_secret" TEXT,
    "previous_secret_until" TIMESTAMPTZ(3),
    "consecutive_failures" INTEGER NOT NULL DEFAULT 0,
    "failing_since" TIMESTAMPTZ(3),
    "paused_until" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "disabled_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "user_id" TEXT NOT NULL,

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "webhook_deliveries" (
    "id" TEXT NOT NULL,
    "webhook_id" TEXT NOT NULL,
    "execution_id" TEXT,
    "event_type" TEXT NOT NULL,
    "data" JSON NOT NULL,
    "status" "WebhookDeliveryStatus" NOT NULL DEFAULT 'PENDING',
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "error_code" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "webhook_attempts" (
    "delivery_id" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "ended_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "status_code" INTEGER,
    "error_code" TEXT,
    "duration_ms" INTEGER NOT NULL,

    CONSTRAINT "webhook_attempts_pkey" PRIMARY KEY ("delivery_id","attempt")
);

-- Who wants to be told of a user's executions, and the user's list.
CREATE INDEX "webhooks_user_id_idx" ON "webhooks"("user_id");

-- What is due, endpoint by endpoint: a long line of one is not read to find those of the others.
CREATE INDEX "idx_webhook_deliveries_due" ON "webhook_deliveries"("webhook_id", "due_at") WHERE (status = 'PENDING');

-- The list of an endpoint's deliveries, of all and of one status.
CREATE INDEX "idx_webhook_deliveries_list" ON "webhook_deliveries"("webhook_id", "created_at" DESC);
CREATE INDEX "idx_webhook_deliveries_status" ON "webhook_deliveries"("webhook_id", "status", "created_at" DESC);

ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_user_id_fkey"
  FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "webhook_attempts" ADD CONSTRAINT "webhook_attempts_delivery_id_fkey"
  FOREIGN KEY ("delivery_id") REFERENCES "webhook_deliveries"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "webhooks" ADD CONSTRAINT "chk_webhook_event_types"
  CHECK (event_types IS NOT NULL AND cardinality(event_types) > 0);

ALTER TABLE "webhooks" ADD CONSTRAINT "chk_webhook_disabled"
  CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL) AND (disabled_at IS NULL OR NOT is_active));

ALTER TABLE "webhooks" ADD CONSTRAINT "chk_webhook_previous_secret"
  CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL));

ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "chk_webhook_delivery_end"
  CHECK ((status = 'PENDING') = (ended_at IS NULL));

-- Every row is written again when it is sent.
ALTER TABLE webhook_deliveries SET (fillfactor = 80);

-- ================================
-- Triggers
-- ================================

-- The user's row is the lock: two writers see each other's endpoints.
CREATE FUNCTION limit_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Not FOR UPDATE: executions that refer to the user are submitted meanwhile.
  PERFORM 1 FROM users WHERE id = NEW.user_id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM webhooks WHERE user_id = NEW.user_id) >= 10 THEN
    RAISE EXCEPTION 'the user has 10 webhooks'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'chk_webhooks_per_user';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER limit_webhooks BEFORE INSERT ON webhooks FOR EACH ROW EXECUTE FUNCTION limit_webhooks();

-- Records the transitions of a statement and, with those that end an execution, what its owner's endpoints are to be told:
-- whoever ends it, and in the same transaction. No foreign key leads from there to an endpoint, because no execution's end
-- may wait for one that is being deleted, or fail with it.
CREATE OR REPLACE FUNCTION record_execution_transitions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO execution_transitions (execution_id, from_status, to_status)
    SELECT n.id, o.status, n.status FROM new_rows n JOIN old_rows o ON o.id = n.id WHERE n.status <> o.status;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;

  INSERT INTO webhook_deliveries (id, webhook_id, execution_id, event_type, data)
    -- A UUIDv7: version 4 with the time in front.
    SELECT left(hex, 8) || '-' || right(hex, 4) || '-7' || substr(gen_random_uuid()::text, 16), w.id, n.id, 'execution.' || lower(n.status::text),
      json_build_object(
        'id', n.id, 'status', n.status, 'promptId', n.prompt_id, 'promptVersion', n.prompt_version, 'model', n.model,
        'validationStatus', n.validation_status, 'costUsd', n.cost_usd::text, 'costIsComplete', n.cost_is_complete,
        'latencyMs', n.latency_ms,
        'error', CASE WHEN n.error_code IS NOT NULL THEN
          json_build_object('code', n.error_code, 'message', coalesce(n.error_message, n.error_code)) END,
        'completedAt', to_char(n.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'url', '/v1/executions/' || n.id)
    FROM (
      SELECT n.* FROM new_rows n JOIN old_rows o ON o.id = n.id
      WHERE n.status <> o.status AND n.status IN ('COMPLETED', 'FAILED', 'CANCELLED')
    ) n CROSS JOIN LATERAL (
      -- One look into the index for each execution: joined in another way, the endpoints of everybody would be read.
      SELECT w.id FROM webhooks w
      WHERE w.user_id = n.user_id AND w.is_active AND w.event_types && ARRAY['*', 'execution.' || lower(n.status::text)]
      OFFSET 0
    ) w CROSS JOIN lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS hex;
  RETURN NULL;
END $$;
