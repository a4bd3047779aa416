import type { JsonValue, ValidationStatus } from '@formaops/core';
import { newId } from '../new-id.ts';
import type { Queryable } from '../pool.ts';
import type { NewVerdict } from './transition/attempt-records.ts';

/** More sets than this are not kept; the oldest go. */
const maxSets = 20;

export interface NewRevalidation {
  executionId: string;
  validationStatus: Exclude<ValidationStatus, 'PENDING'>;
  validatedOutput: JsonValue | undefined;
  verdicts: NewVerdict[];
}

/**
 * Stores a later judgement of an output beside the execution's own verdicts, and forgets all but the newest 20 of the
 * execution. Touches neither the execution's row nor its verdicts.
 *
 * @returns null, with nothing stored, when the content of the execution was removed meanwhile.
 */
export async function storeRevalidation(
  db: Queryable,
  { executionId, validationStatus, validatedOutput, verdicts }: NewRevalidation,
): Promise<{ id: string; createdAt: Date } | null> {
  const rows = verdicts.map((verdict) => ({ ...verdict, id: newId() }));
  const stored = await db.query<{ id: string; createdAt: Date }>(
    // Locked: who removes the content waits for this, or is waited for, and then nothing is stored.
    `WITH judged AS (
      SELECT id FROM executions WHERE id = $2 AND redacted_at IS NULL FOR SHARE
    ), forgotten AS (
      DELETE FROM execution_revalidations WHERE id IN (
        SELECT id FROM execution_revalidations WHERE execution_id = $2
        ORDER BY created_at DESC, id DESC OFFSET ${maxSets - 1})
    ), stored AS (
      INSERT INTO execution_revalidations (id, execution_id, validation_status, validated_output)
      SELECT $1, judged.id, $3::"ValidationStatus", $4::jsonb FROM judged RETURNING id, created_at
    ), verdicts AS (
      INSERT INTO execution_verdicts (id, execution_id, revalidation_id, validation_id, validation_name, type, outcome,
        code, errors, config_hash, duration_ms)
      SELECT v.id, $2, stored.id, v."validationId", v."validationName", v.type, v.outcome, v.code, v.errors,
        v."configHash", v."durationMs"
      FROM stored, json_to_recordset($5::json) AS v(id text, "validationId" text, "validationName" text,
        type "ValidationType", outcome "VerdictOutcome", code text, errors jsonb, "configHash" text,
        "durationMs" double precision)
    )
    SELECT id, created_at AS "createdAt" FROM stored`,
    [
      newId(),
      executionId,
      validationStatus,
      validatedOutput === undefined ? null : JSON.stringify(validatedOutput),
      JSON.stringify(rows),
    ],
  );
  return stored.rows[0] ?? null;
}
