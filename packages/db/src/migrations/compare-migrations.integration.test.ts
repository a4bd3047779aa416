import { describe, expect, it } from '@jest/globals';
import { setup } from '../database.fixture.ts';
import { compareMigrations } from './compare-migrations.ts';

describe('compareMigrations', () => {
  it('finds nothing where everything was applied', async () => {
    await using database = await setup();
    expect(await compareMigrations(database.pool)).toEqual({ missing: [], unknown: [] });
  });

  it('names what is missing, what did not succeed, and what a later release applied', async () => {
    await using database = await setup();
    await database.pool.query(
      `UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '002_revalidations'`,
    );
    await database.pool.query(
      `UPDATE _prisma_migrations SET migration_name = '999_later' WHERE migration_name = '003_reliability'`,
    );
    expect(await compareMigrations(database.pool)).toEqual({
      missing: ['002_revalidations', '003_reliability'],
      unknown: ['999_later'],
    });
  });

  it('names everything where nothing was ever applied', async () => {
    await using database = await setup();
    await database.pool.query('DROP TABLE _prisma_migrations');
    expect((await compareMigrations(database.pool)).missing).toContain('001_initial_setup');
  });
});
