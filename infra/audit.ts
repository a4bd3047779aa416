import { join } from 'node:path';
import { findOpenWork, type InvariantReport, maxCounted, openPool, runAudit } from '@formaops/db';
import { createProducer, openQueueConnection } from '@formaops/queue';
import { createLogger } from '@formaops/runtime';
import { type BellReport, checkBells } from './audit/bells.ts';
import { findStores, type Options, readOptions, type Stores, UnusableError, usage } from './audit/options.ts';

/** Checks what must always be true of the stored executions. Changes nothing, and may be run at any time; see `usage`. */
const exitCodes = { clean: 0, violated: 1, notDone: 2, unusable: 78 } as const;
type Ending = keyof typeof exitCodes;

// What fails ends up in one message; a line for each repetition would hide it.
const log = createLogger({ name: 'audit', level: 'silent' });

process.exitCode = exitCodes[await main().catch(explain)];

async function main(): Promise<Ending> {
  const options = readOptions(process.argv.slice(2), new Date());
  if (options.help) {
    process.stdout.write(usage);
    return 'clean';
  }
  // biome-ignore lint/style/noProcessEnv: A process of its own with three settings.
  const env = process.env;
  const stateDir = env['FORMAOPS_STATE_DIR'] || join(import.meta.dirname, '../.formaops');
  return audit(await findStores(env, stateDir), options);
}

async function audit(stores: Stores, { since, json }: Options): Promise<Ending> {
  const pool = openPool({
    readsTables: true,
    databaseUrl: stores.databaseUrl,
    max: 1,
    applicationName: 'formaops-audit',
    log,
  });
  try {
    const onReport = json ? () => undefined : print;
    const reports = await runAudit(pool, { ...(since && { since }), onReport });
    const bells = await countBells(stores, () => findOpenWork(pool));
    if (json)
      process.stdout.write(`${JSON.stringify({ since: since ?? null, invariants: [...reports, bells] })}\n`);
    else printBells(bells);
    const violated = [...reports, bells].filter(({ violations }) => violations > 0);
    if (!json) process.stdout.write(conclusion(reports.length + 1, violated.length));
    return violated.length > 0 ? 'violated' : 'clean';
  } finally {
    await pool.end();
  }
}

async function countBells(
  { queueUrl, queueDatabaseUrl: databaseUrl }: Stores,
  findOpen: () => ReturnType<typeof findOpenWork>,
): Promise<BellReport> {
  const connection = openQueueConnection({ queueUrl, databaseUrl, log, ringBudgetMs: 5_000 });
  const producer = createProducer(connection);
  try {
    return await checkBells({ findOpenWork: findOpen, countBells: () => producer.counts() });
  } finally {
    await producer.close();
    await connection.close();
  }
}

function print({ id, title, violations, offenders }: Omit<InvariantReport, 'name'>, remark = ''): void {
  const count = violations >= maxCounted ? `${maxCounted} or more` : String(violations);
  const mark = violations > 0 ? '✗' : '✓';
  process.stdout.write(`${mark} ${id.padEnd(3)} ${title}: ${count}${remark}\n`);
  for (const offender of offenders) process.stdout.write(`      ${offender}\n`);
  if (violations > offenders.length && offenders.length > 1) process.stdout.write('      …\n');
}

function printBells(report: BellReport): void {
  const { waiting, delayed, active } = report.bells;
  print(
    report,
    ` (${report.open} executions open; bells: ${waiting} waiting, ${delayed} delayed, ${active} active)`,
  );
}

function conclusion(checks: number, violated: number): string {
  return violated === 0
    ? `\n${checks} checks, nothing wrong.\n`
    : `\n${checks} checks, ${violated} violated.\n`;
}

function explain(error: unknown): Ending {
  if (error instanceof UnusableError) {
    process.stderr.write(`${error.message}\n`);
    return 'unusable';
  }
  process.stderr.write(`The audit could not be done: ${reasonOf(error)}\n`);
  return 'notDone';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  if (code === '57014') return 'a check took longer than ten minutes; with --since it reads less';
  if (code === '42P01' || code === '42703') return `the database is not migrated (${error.message})`;
  // Where a name has several addresses, each of them failed, and the error has no message of its own.
  return error.message || code || error.name;
}
