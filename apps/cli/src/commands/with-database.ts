import type * as dbModule from '@formaops/db';
import type { Queryable, StoredUser } from '@formaops/db';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { findStores } from '../settings.ts';
import { silentLog } from '../silent-log.ts';

type Db = typeof dbModule;

/** Finds a user by the address. @throws CliError when there is none. */
type FindUser = (email: string) => Promise<StoredUser>;

/**
 * Does something in the product's database, and closes it.
 *
 * @throws CliError when it cannot be reached.
 */
export async function withDatabase<T>(
  context: Context,
  work: (db: Queryable, functions: Db, found: FindUser) => Promise<T>,
): Promise<T> {
  const { databaseUrl } = await findStores(context.env);
  // Most commands need no database: what takes time to load is loaded here.
  const functions = await import('@formaops/db');
  const pool = functions.openPool({ databaseUrl, max: 1, applicationName: 'formaops-cli', log: silentLog });
  const found: FindUser = async (email) => {
    const user = await functions.findUserByEmail(pool, email);
    if (user === null) throw new CliError(`There is no user ${email}`, exitCodes.notFound);
    return user;
  };
  try {
    return await work(pool, functions, found);
  } catch (error) {
    if (!functions.isDatabaseUnavailable(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(
      `The database cannot be used: ${reason}\nformaops doctor tells more.`,
      exitCodes.unavailable,
    );
  } finally {
    await pool.end();
  }
}
