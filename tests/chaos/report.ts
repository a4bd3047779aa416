import { readFile } from 'node:fs/promises';
import type { Queryable } from '@formaops/db';
import { accountFor } from './check/accounting.ts';
import type { Facts, Violation } from './check/facts.ts';

const maxOffenders = 20;
const maxLogLines = 15;

/** `attempted 1200, acked 1180, …`: the account of a run in a line. */
export function accountLine(facts: Facts): string {
  const { attempted, acked, indeterminate, ok, lost, recovered, duplicated, unexpected } = accountFor(facts);
  const parts = { attempted, acked, indeterminate, ok, lost, recovered, duplicated, unexpected };
  return Object.entries(parts)
    .map(([name, count]) => `${name}=${count}`)
    .join(' ');
}

/** The first offenders, each with all that is known about it. */
export async function describeViolations(
  violations: readonly Violation[],
  facts: Facts,
  sources: { db: Queryable; logFiles: readonly string[] },
): Promise<string> {
  const perRule = [...Map.groupBy(violations, ({ rule }) => rule)];
  const counts = perRule.map(([rule, found]) => `  ${rule}: ${found.length}`).join('\n');
  // Of each rule some: one that fails for all would hide the others.
  const share = Math.max(1, Math.floor(maxOffenders / perRule.length));
  const shown = perRule.flatMap(([, found]) => found.slice(0, share));
  const stories = await Promise.all(shown.map((violation) => describeOne(violation, facts, sources)));
  return [`violations:\n${counts}`, ...stories].join('\n\n');
}

async function describeOne(
  violation: Violation,
  facts: Facts,
  { db, logFiles }: { db: Queryable; logFiles: readonly string[] },
): Promise<string> {
  const { rule, detail } = violation;
  const id =
    violation.executionId ??
    facts.executions.find(({ ordinal }) => ordinal === violation.ordinal)?.id ??
    null;
  const ordinal = violation.ordinal ?? facts.executions.find((one) => one.id === id)?.ordinal ?? null;
  const lines = [`${rule}: ${detail}`];
  const operation = facts.operations.find((one) => one.ordinal === ordinal);
  if (operation !== undefined) lines.push(`  plan    ${JSON.stringify(operation)}`);
  for (const one of facts.exchanges)
    if ((id !== null && one.executionId === id) || (ordinal !== null && one.ordinal === ordinal))
      lines.push(`  client  ${JSON.stringify(one)}`);
  if (id === null) return lines.join('\n');
  for (const one of facts.attempts)
    if (one.executionId === id) lines.push(`  ledger  ${JSON.stringify(one)}`);
  for (const one of facts.calls)
    if (one.idempotencyKey?.startsWith(id)) lines.push(`  call    ${JSON.stringify(one)}`);
  const { rows } = await db.query(
    'SELECT timestamp, level, message, metadata FROM execution_logs WHERE execution_id = $1 ORDER BY timestamp, id',
    [id],
  );
  for (const row of rows) lines.push(`  story   ${JSON.stringify(row)}`);
  lines.push(...(await logLinesAbout(id, logFiles)));
  return lines.join('\n');
}

async function logLinesAbout(id: string, files: readonly string[]): Promise<string[]> {
  const logs = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return logs
    .flatMap((log) => log.split('\n').filter((line) => line.includes(id)))
    .slice(0, maxLogLines)
    .map((line) => `  log     ${line.slice(0, 400)}`);
}
