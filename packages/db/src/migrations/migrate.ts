import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

const migrationsDir = join(import.meta.dirname, '../../../../prisma/migrations');
const noFilters = { externalTables: [], externalEnums: [] };

/** Any number, so long as nothing else in the database takes the same advisory lock. */
const migrationLock = 4_071_969;

/**
 * Applies the migrations that the database does not have yet and records them in Prisma's own `_prisma_migrations`,
 * so that this and `prisma migrate deploy` can take turns. Safe to run from several processes at once.
 *
 * @returns the names of the migrations that were applied; empty when there was nothing to do.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const lock = new pg.Client({ connectionString: databaseUrl });
  lock.on('error', () => undefined); // Its loss ends only the lock; the migrations have a connection of their own.
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    return await applyMigrations(databaseUrl);
  } finally {
    await lock.end();
  }
}

async function applyMigrations(databaseUrl: string): Promise<string[]> {
  const migrationsList = await listMigrations();
  const { withSchemaEngine } = await loadEngine();
  return withSchemaEngine(databaseUrl, undefined, async (engine) => {
    const applied = await engine.applyMigrations({ migrationsList, filters: noFilters });
    return applied.appliedMigrationNames;
  });
}

/** The SQL that creates what `prisma/schema.prisma` describes in an empty database. */
export async function schemaAsSql(databaseUrl: string): Promise<string> {
  const content = await readFile(join(migrationsDir, '../schema.prisma'), 'utf8');
  const { withSchemaEngine } = await loadEngine();
  return withSchemaEngine(databaseUrl, content, async (engine) => {
    const difference = await engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] },
      script: true,
      exitCode: null,
      filters: noFilters,
    });
    return difference.stdout ?? '';
  });
}

/** Only who migrates loads it. */
const loadEngine = () => import('./schema-engine.ts');

async function listMigrations() {
  const names = (await readdir(migrationsDir, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir: migrationsDir,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(join(migrationsDir, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (path) => ({
        path,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: await readFile(join(migrationsDir, path, 'migration.sql'), 'utf8'),
          },
        },
      })),
    ),
  };
}
