import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Queryable } from '@formaops/db';
import type { Rig } from '../rig/rig.ts';
import type { AttemptFact, ExecutionFact, Sighting } from './facts.ts';

/** So many executions are asked for by everybody, but at most each tenth. */
const sampleSize = 500;
const sampleStep = 10;

export async function collectExecutions(db: Queryable): Promise<ExecutionFact[]> {
  const { rows } = await db.query<ExecutionFact>(
    `SELECT id, user_id AS "userId", (context->>'ordinal')::int AS ordinal, status, priority, attempt,
       max_attempts AS "maxAttempts", crash_attempts AS "crashAttempts", finished_token AS "finishedToken",
       output, cost_usd AS "costUsd", spent_usd AS "spentUsd", error_code AS "errorCode",
       created_at AS "createdAt", started_at AS "startedAt", completed_at AS "completedAt"
     FROM executions ORDER BY created_at`,
  );
  return rows;
}

export async function collectAttempts(db: Queryable): Promise<AttemptFact[]> {
  const { rows } = await db.query<AttemptFact>(
    `SELECT execution_id AS "executionId", attempt, token, worker_id AS "workerId", started_at AS "startedAt",
       ended_at AS "endedAt", outcome, provider_request_id AS "providerRequestId", input_tokens AS "inputTokens",
       output_tokens AS "outputTokens", cost_usd AS "costUsd"
     FROM execution_attempts ORDER BY execution_id, attempt`,
  );
  return rows;
}

/** Asks for a sample of the executions, as each of the tenants. */
export async function collectSightings(rig: Rig, executions: readonly ExecutionFact[]): Promise<Sighting[]> {
  const step = Math.max(sampleStep, Math.floor(executions.length / sampleSize));
  const sample = executions.filter((_, index) => index % step === 0);
  const sightings: Sighting[] = [];
  for (const { id, userId } of sample) {
    const seen = rig.tenants.map(async (tenant) => {
      const headers = { authorization: `Bearer ${tenant.apiKey}` };
      const response = await fetch(`${rig.apiUrl}/v1/executions/${id}`, { headers });
      await response.body?.cancel();
      return { executionId: id, isOwner: tenant.userId === userId, status: response.status };
    });
    sightings.push(...(await Promise.all(seen)));
  }
  return sightings;
}

/** Looks for secrets where only ids and codes belong: the executions' stories, and the queue. */
export async function collectLeaks(rig: Rig, secrets: readonly string[]): Promise<string[]> {
  const inDatabase = await Promise.all(secrets.map((secret) => leaksInDatabase(rig, secret)));
  const inRedis = rig.redis === null ? [] : await leaksInFiles(rig.redis.dataDir, secrets);
  return [...inDatabase.flat(), ...inRedis];
}

async function leaksInDatabase({ db }: Rig, secret: string): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname = 'bullmq' OR (schemaname = 'public' AND tablename IN ('execution_logs', 'execution_attempts'))`,
  );
  const leaks: string[] = [];
  for (const { name } of rows) {
    const found = await db.query(`SELECT 1 FROM ${name} t WHERE strpos(t::text, $1) > 0 LIMIT 1`, [secret]);
    if (found.rows.length > 0) leaks.push(`a secret is in table ${name}`);
  }
  return leaks;
}

async function leaksInFiles(dir: string, secrets: readonly string[]): Promise<string[]> {
  const files = await readdir(dir, { recursive: true, withFileTypes: true });
  const leaks: string[] = [];
  for (const file of files.filter((one) => one.isFile())) {
    const content = await readFile(join(file.parentPath, file.name));
    if (secrets.some((secret) => content.includes(secret))) leaks.push(`a secret is in Redis' ${file.name}`);
  }
  return leaks;
}
