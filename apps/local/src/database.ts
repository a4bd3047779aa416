import { join } from 'node:path';
import { findCaller, hashApiKey, issueApiKey, migrate, openPool, seed } from '@formaops/db';
import { startEmbeddedPostgres } from '@formaops/local-services';
import { migrateQueue } from '@formaops/queue';
import { step } from './progress.ts';
import { readCredentials, stateDir, writeCredentials } from './state-dir.ts';

export interface LocalDatabase {
  url: string;
  promptId: string;
  apiKey: string;
  boardPassword: string;
  webhookSecretKey: string;
  stop(): Promise<void>;
}

/** Starts the embedded PostgreSQL, brings its schema up to date, and makes sure of the demo user's data and key. */
export async function startDatabase(): Promise<LocalDatabase> {
  const postgres = await step('Starting PostgreSQL', (note) =>
    startEmbeddedPostgres({ dataDir: join(stateDir, 'postgres'), durable: true, log: note }),
  );
  try {
    await step('Migrating and seeding', async () => {
      await migrate(postgres.url);
      await migrateQueue({ databaseUrl: postgres.url });
    });
    return { url: postgres.url, ...(await prepareDemo(postgres.url)), stop: postgres.stop };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function prepareDemo(databaseUrl: string) {
  const pool = openPool({ databaseUrl, max: 2, applicationName: 'formaops-local', log: silent });
  try {
    const { userId, promptId } = await seed(pool);
    const credentials = await readCredentials();
    const isKnown =
      credentials.apiKey !== null && (await findCaller(pool, hashApiKey(credentials.apiKey))) !== null;
    const apiKey =
      isKnown && credentials.apiKey ? credentials.apiKey : await issueApiKey(pool, userId, 'Local stack');
    await writeCredentials({ ...credentials, apiKey });
    const { boardPassword, webhookSecretKey } = credentials;
    return { promptId, apiKey, boardPassword, webhookSecretKey };
  } finally {
    await pool.end();
  }
}

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
