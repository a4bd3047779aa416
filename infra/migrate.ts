import { parseArgs } from 'node:util';
import { issueApiKey, migrate, openPool, seed } from '@formaops/db';
import { migrateQueue } from '@formaops/queue';
import { createLogger } from '@formaops/runtime';

/**
 * Brings the database and the queue's tables up to date; with `--seed` it also makes sure of the demo user's data and
 * key. Reads DATABASE_URL, DATABASE_DIRECT_URL and QUEUE_URL, which mean what they mean to the API. May be run again,
 * and by several at once. Ends with exit code 0, 1 when a step failed, or 78 when DATABASE_URL is missing.
 */
const { values: options } = parseArgs({ options: { seed: { type: 'boolean', default: false } } });
// biome-ignore lint/style/noProcessEnv: A process of its own with three settings.
const { DATABASE_URL, DATABASE_DIRECT_URL, QUEUE_URL } = process.env;
const log = createLogger({ name: 'migrate', level: 'info' });

if (!DATABASE_URL) {
  process.stderr.write('The configuration has problems:\n  DATABASE_URL: must be a postgres:// address\n');
  process.exit(78);
}
// Migrations hold a lock of their session, which a transaction pooler would lose.
const databaseUrl = DATABASE_DIRECT_URL || DATABASE_URL;
try {
  log.info({ applied: await migrate(databaseUrl) }, 'database migrated');
  await migrateQueue({ queueUrl: QUEUE_URL || undefined, databaseUrl });
  log.info({}, 'queue migrated');
  if (options.seed) await seedDemo(databaseUrl);
} catch (error) {
  log.error({ err: error }, 'migration failed');
  process.exit(1);
}

async function seedDemo(databaseUrl: string): Promise<void> {
  const pool = openPool({ databaseUrl, max: 1, applicationName: 'formaops-migrate', log });
  const { userId, promptId } = await seed(pool);
  log.info({ userId, promptId }, 'demo data seeded');
  const { rowCount } = await pool.query('SELECT FROM api_keys WHERE user_id = $1 AND is_active LIMIT 1', [
    userId,
  ]);
  // Past the logger, which censors keys.
  if (rowCount === 0)
    process.stdout.write(`Demo key, shown only now: ${await issueApiKey(pool, userId, 'Demo')}\n`);
  await pool.end();
}
