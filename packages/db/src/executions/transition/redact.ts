import type { ExecutionStatus, ExecutionSummary } from '@formaops/core';
import type { Queryable } from '../../pool.ts';
import { hasStatus } from '../by-key.ts';
import { type SummaryRow, summaryColumns, toSummary } from '../execution-row.ts';

/** What became of the wish to have an execution's content removed. */
export type Redacted =
  /** It is removed, now or since an earlier wish. */
  | { applied: true; execution: ExecutionSummary }
  | { applied: false; actual: Extract<ExecutionStatus, 'PENDING' | 'RUNNING'> | 'missing' };

// What others have written about it is cleared by the trigger `redact_execution_parts`, in the same transaction.
const redactSql = `
  UPDATE executions e SET inputs = '{}', context = NULL, output = NULL, validated_output = NULL, error_message = NULL,
    redacted_at = greatest(clock_timestamp(), e.completed_at)
  WHERE e.id = $1 AND e.user_id = $2 AND e.redacted_at IS NULL
    AND ${hasStatus('e', 'COMPLETED', 'FAILED', 'CANCELLED')}
  RETURNING ${summaryColumns}`;

const readSql = `SELECT ${summaryColumns} FROM executions e WHERE e.id = $1 AND e.user_id = $2`;

/**
 * Removes for good what was given to an execution that has ended and what came out of it: inputs, context, outputs,
 * what validations said about them, and messages of the provider, which may repeat them. Status, tokens, cost and times
 * stay. Removing it again changes nothing and costs a second statement.
 */
export async function redactExecution(db: Queryable, userId: string, id: string): Promise<Redacted> {
  const redacted = await db.query<SummaryRow>(redactSql, [id, userId]);
  const [row] =
    redacted.rows.length > 0 ? redacted.rows : (await db.query<SummaryRow>(readSql, [id, userId])).rows;
  if (row === undefined) return { applied: false, actual: 'missing' };
  if (row.status === 'PENDING' || row.status === 'RUNNING') return { applied: false, actual: row.status };
  return { applied: true, execution: toSummary(row) };
}
