-- A connection plans the statements of a trigger once, and mostly for a single row: the first one that ever comes. Joined in a
-- loop as is best then, the rows of a full statement would be compared each with each. A full join cannot be made in a
-- loop, and IS DISTINCT FROM keeps it one; every row has its other half.
CREATE OR REPLACE FUNCTION record_execution_transitions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO execution_transitions (execution_id, from_status, to_status)
    SELECT n.id, o.status, n.status FROM new_rows n FULL JOIN old_rows o ON o.id = n.id
    WHERE n.status IS DISTINCT FROM o.status;
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
      SELECT n.* FROM new_rows n FULL JOIN old_rows o ON o.id = n.id
      WHERE n.status IS DISTINCT FROM o.status AND coalesce(n.status, 'PENDING') IN ('COMPLETED', 'FAILED', 'CANCELLED')
    ) n CROSS JOIN LATERAL (
      -- One look into the index for each execution: joined in another way, the endpoints of everybody would be read.
      SELECT w.id FROM webhooks w
      WHERE w.user_id = n.user_id AND w.is_active AND w.event_types && ARRAY['*', 'execution.' || lower(n.status::text)]
      OFFSET 0
    ) w CROSS JOIN lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS hex;
  RETURN NULL;
END $$;
