import { createPrompt, createUser, testDatabase } from '@formaops/testing';
import pg from 'pg';

export interface Fixture extends AsyncDisposable {
  pool: pg.Pool;
  databaseUrl: string;
  userId: string;
  promptId: string;
  /** The two ids alone, for the factories. */
  owner: { userId: string; promptId: string };
}

/** A migrated database of the test's own with a user and a published prompt; gone when the test's scope ends. */
export async function setup(): Promise<Fixture> {
  const { databaseUrl, drop } = await testDatabase();
  // Without the short limits of `openPool`, which a busy machine would exceed.
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  // `end` does not wait until the server knows of it, which may meanwhile end the connection to drop the database.
  pool.on('error', () => undefined);
  const { userId } = await createUser(pool);
  const promptId = await createPrompt(pool, { userId });
  return {
    pool,
    databaseUrl,
    userId,
    promptId,
    owner: { userId, promptId },
    async [Symbol.asyncDispose]() {
      await pool.end();
      await drop();
    },
  };
}
