import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openLink, testPostgres } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { readCatalog } from './catalog.fixture.ts';
import { migrate, schemaAsSql } from './migrate.ts';

const migrationsDir = join(import.meta.dirname, '../../../../prisma/migrations');
const names = readdirSync(migrationsDir, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

/** An empty database of the test's own. */
async function setup() {
  const { databaseUrl, drop } = await testPostgres();
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  // Its connection may be ended from the server's side, by the drop of the database.
  pool.on('error', () => undefined);
  return {
    databaseUrl,
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await drop();
    },
  };
}

/** Migrates in a process of its own. @returns what it applied, and what keeps it from ending. */
async function migrateInProcess(databaseUrl: string): Promise<{ applied: string[]; waitsFor: string[] }> {
  const script = `
    import { migrate } from ${JSON.stringify(import.meta.resolve('./migrate.ts'))};
    const applied = await migrate(process.argv[1]);
    setImmediate(() => console.log(JSON.stringify({ applied, waitsFor: process.getActiveResourcesInfo() })));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, databaseUrl], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(child.stdout));
}

describe('migrate', () => {
  it('creates exactly what schema.prisma describes', async () => {
    await using migrated = await setup();
    await using described = await setup();
    await migrate(migrated.databaseUrl);
    // Which extensions there are is not described; indexes use their operators.
    await described.pool.query('CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin');
    await described.pool.query(await schemaAsSql(described.databaseUrl));
    const catalog = await readCatalog(migrated.pool);
    expect(catalog).toEqual(await readCatalog(described.pool));
    expect(catalog.columns.length).toBeGreaterThan(80);
  });

  it('fails with the reason, and ends nobody, when the database is lost meanwhile', async () => {
    await using database = await setup();
    await using stack = new AsyncDisposableStack();
    const link = stack.adopt(await openLink(new URL(database.databaseUrl)), (opened) => opened.close());
    const locking = link.stallAfter('pg_advisory_lock');
    const migrated = migrate(link.url);
    await locking;
    link.cut();
    await expect(migrated).rejects.toThrow('Connection terminated');
  });

  it('changes nothing when it is run again', async () => {
    await using database = await setup();
    expect(await migrate(database.databaseUrl)).toEqual(names);
    const before = await readCatalog(database.pool);
    expect(await migrate(database.databaseUrl)).toEqual([]);
    expect(await readCatalog(database.pool)).toEqual(before);
  });

  it('lets several processes migrate at once: one applies, all succeed and can end', async () => {
    await using database = await setup();
    const results = await Promise.all([1, 2, 3].map(() => migrateInProcess(database.databaseUrl)));
    expect(results.map(({ applied }) => applied).sort((a, b) => b.length - a.length)).toEqual([
      names,
      [],
      [],
    ]);
    expect(results.flatMap(({ waitsFor }) => waitsFor)).not.toContain('Timeout');
  });

  it('records migrations as `prisma migrate deploy` does, which compares the SHA-256 of each file', async () => {
    await using database = await setup();
    await migrate(database.databaseUrl);
    const { rows } = await database.pool.query(
      `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, rolled_back_at, applied_steps_count
       FROM _prisma_migrations ORDER BY migration_name`,
    );
    const hash = (name: string) =>
      createHash('sha256')
        .update(readFileSync(join(migrationsDir, name, 'migration.sql')))
        .digest('hex');
    expect(rows).toEqual(
      names.map((name) => ({
        migration_name: name,
        checksum: hash(name),
        finished: true,
        rolled_back_at: null,
        applied_steps_count: 1,
      })),
    );
  });

  it('creates the extensions and the demo user', async () => {
    await using database = await setup();
    await migrate(database.databaseUrl);
    const { rows: extensions } = await database.pool.query('SELECT extname FROM pg_extension');
    expect(extensions).toEqual(
      expect.arrayContaining(['uuid-ossp', 'pg_trgm', 'btree_gin'].map((extname) => ({ extname }))),
    );
    const { rows: users } = await database.pool.query('SELECT id, email, name, plan FROM users');
    expect(users).toEqual([
      { id: 'demo-user-id', email: 'demo@formaops.com', name: 'Demo User', plan: 'PRO' },
    ]);
  });
});
