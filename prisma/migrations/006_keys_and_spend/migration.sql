-- API keys with scopes that are revoked for good; what a user asks in a minute and spends in a day.

-- ================================
-- API keys
-- ================================

-- Keys that exist, and those that the previous release issues meanwhile, may do everything; nobody knows how they end.
ALTER TABLE "api_keys"
  ADD COLUMN "scopes" TEXT[] DEFAULT ARRAY['read', 'write']::TEXT[],
  ADD COLUMN "last_four" TEXT,
  ADD COLUMN "revoked_at" TIMESTAMPTZ(3);

ALTER TABLE "api_keys"
  ADD CONSTRAINT "chk_api_key_scopes"
    CHECK (scopes IS NOT NULL AND cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'write']),
  ADD CONSTRAINT "chk_api_key_revoked" CHECK (revoked_at IS NULL OR NOT is_active);

-- Lists the keys of a user, newest first: revoked ones stay, so there may be many.
CREATE INDEX "idx_api_keys_user_created" ON "api_keys"("user_id", "created_at" DESC);

-- The user's row is the lock: two writers see each other's keys.
CREATE FUNCTION limit_api_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Not FOR UPDATE: executions that refer to the user are submitted meanwhile.
  PERFORM 1 FROM users WHERE id = NEW.user_id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM api_keys WHERE user_id = NEW.user_id AND is_active) >= 20 THEN
    RAISE EXCEPTION 'the user has 20 active keys'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'chk_api_keys_per_user';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER limit_api_keys BEFORE INSERT ON api_keys
  FOR EACH ROW WHEN (NEW.is_active) EXECUTE FUNCTION limit_api_keys();

CREATE FUNCTION keep_api_key_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a key that is revoked stays so'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'chk_api_key_revoked';
END $$;

CREATE TRIGGER keep_api_key_revoked BEFORE UPDATE ON api_keys
  FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL AND (NEW.is_active OR NEW.revoked_at IS DISTINCT FROM OLD.revoked_at))
  EXECUTE FUNCTION keep_api_key_revoked();

-- ================================
-- Requests of a minute
-- ================================

-- One row for each user, written once a second by each process that the user asks. Unlogged: it is worth nothing a minute
-- later, and a database that has crashed may begin anew.
CREATE UNLOGGED TABLE "user_requests" (
    "user_id" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "requests" INTEGER NOT NULL,

    CONSTRAINT "user_requests_pkey" PRIMARY KEY ("user_id")
) WITH (fillfactor = 50);

ALTER TABLE "user_requests" ADD CONSTRAINT "user_requests_user_id_fkey"
  FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- ================================
-- Money of a day
-- ================================

CREATE TABLE "user_spend" (
    "user_id" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "part" SMALLINT NOT NULL,
    "usd" DECIMAL(24,12) NOT NULL,

    CONSTRAINT "user_spend_pkey" PRIMARY KEY ("user_id", "day", "part")
) WITH (fillfactor = 50);

ALTER TABLE "user_spend" ADD CONSTRAINT "user_spend_user_id_fkey"
  FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Adds what attempts cost to the UTC days on which they ended; an attempt whose cost is corrected counts as the difference.
-- Eight parts, so that processes that end attempts of one user at the same time seldom wait for each other's commit.
CREATE FUNCTION add_to_user_spend() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO user_spend AS s (user_id, day, part, usd)
    SELECT e.user_id, (a.at AT TIME ZONE 'UTC')::date, pg_backend_pid() % 8, sum(a.usd)
    FROM (
      SELECT execution_id, coalesce(ended_at, started_at) AS at, cost_usd AS usd FROM new_rows
      UNION ALL
      SELECT execution_id, coalesce(ended_at, started_at), -cost_usd FROM old_rows
    ) a JOIN executions e ON e.id = a.execution_id
    -- The second half is always true: taken for rare, it makes the planner look up each execution by its key.
    WHERE a.usd IS NOT NULL AND a.execution_id = (a.execution_id || '')
    GROUP BY 1, 2 HAVING sum(a.usd) <> 0
    -- In one order, so that two statements never wait for each other.
    ORDER BY 1, 2
    ON CONFLICT (user_id, day, part) DO UPDATE SET usd = s.usd + excluded.usd;
  RETURN NULL;
END $$;

CREATE TRIGGER add_to_user_spend AFTER UPDATE ON execution_attempts
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION add_to_user_spend();

-- Claims store attempts without a cost; only data that is loaded has one from the start.
CREATE FUNCTION add_stored_to_user_spend() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO user_spend AS s (user_id, day, part, usd)
    SELECT e.user_id, (coalesce(NEW.ended_at, NEW.started_at) AT TIME ZONE 'UTC')::date, pg_backend_pid() % 8, NEW.cost_usd
    FROM executions e WHERE e.id = NEW.execution_id
    ON CONFLICT (user_id, day, part) DO UPDATE SET usd = s.usd + excluded.usd;
  RETURN NULL;
END $$;

CREATE TRIGGER add_stored_to_user_spend AFTER INSERT ON execution_attempts
  FOR EACH ROW WHEN (NEW.cost_usd IS NOT NULL) EXECUTE FUNCTION add_stored_to_user_spend();

-- The whole of today, behind the triggers, whose lock keeps attempts from ending meanwhile. Earlier days are not counted.
-- The ledger is read once, and the executions of today's attempts by their keys: reading all of
-- them took three to six times as long.
INSERT INTO user_spend (user_id, day, part, usd)
  SELECT e.user_id, (coalesce(a.ended_at, a.started_at) AT TIME ZONE 'UTC')::date, 0, sum(a.cost_usd)
  FROM execution_attempts a JOIN executions e ON e.id = a.execution_id
  WHERE a.cost_usd IS NOT NULL AND a.execution_id = (a.execution_id || '')
    AND coalesce(a.ended_at, a.started_at) >= date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
  GROUP BY 1, 2;
