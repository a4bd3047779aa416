import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Queryable } from '../pool.ts';

const migrationsDir = join(import.meta.dirname, '../../../../prisma/migrations');

/** How a database stands beside this release. */
export interface MigrationState {
  /** Names of migrations that this release needs and the database has not; in their order. */
  missing: string[];
  /** Names of migrations that the database has and this release does not know: a later release made them. */
  unknown: string[];
}

/** Compares the migrations of a database with those of this release; changes nothing. */
export async function compareMigrations(db: Queryable): Promise<MigrationState> {
  const known = await migrationNames();
  const applied = await appliedNames(db);
  return {
    missing: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

async function migrationNames(): Promise<string[]> {
  const entries = await readdir(migrationsDir, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

async function appliedNames(db: Queryable): Promise<string[]> {
  const { rows: tables } = await db.query("SELECT FROM pg_tables WHERE tablename = '_prisma_migrations'");
  if (tables.length === 0) return [];
  const { rows } = await db.query<{ name: string }>(
    `SELECT migration_name AS name FROM _prisma_migrations
     WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name`,
  );
  return rows.map(({ name }) => name);
}
