import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findCaller, hashApiKey, openPool } from '@formaops/db';
import { recordingLog, testPostgres } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

/** Runs infra/migrate.ts as an operator would, to its end. */
function runMigrate(env: Record<string, string>, ...args: string[]) {
  const options = { cwd: root, env: { PATH: process.env['PATH'] ?? '', ...env }, encoding: 'utf8' as const };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['infra/migrate.ts', ...args], options);
  return { status, stdout, stderr, key: /fo_live_\w+/.exec(stdout)?.[0] };
}

describe('infra/migrate.ts', () => {
  it('prepares an empty database and its queue, and finds nothing to do when run again', async () => {
    const { databaseUrl, drop } = await testPostgres();
    const first = runMigrate({ DATABASE_URL: databaseUrl });
    const second = runMigrate({ DATABASE_URL: databaseUrl });
    expect(first).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"applied":["001_initial_setup"'),
    });
    expect(first.stdout).toContain('queue migrated');
    expect(second).toMatchObject({ status: 0, stdout: expect.stringContaining('"applied":[]') });
    expect(first.key).toBeUndefined();
    await drop();
  });

  it('with --seed shows a key of the demo user that works, and shows it once', async () => {
    const { databaseUrl, drop } = await testPostgres();
    const { key } = runMigrate({ DATABASE_URL: databaseUrl }, '--seed');
    const again = runMigrate({ DATABASE_URL: databaseUrl }, '--seed');
    const pool = openPool({ databaseUrl, max: 1, applicationName: 'test', log: recordingLog() });
    expect(await findCaller(pool, hashApiKey(key ?? ''))).toMatchObject({ userId: 'demo-user-id' });
    expect(again).toMatchObject({ status: 0, key: undefined });
    await pool.end();
    await drop();
  });

  it('ends with exit code 78 and names the setting that is missing', () => {
    expect(runMigrate({})).toMatchObject({ status: 78, stderr: expect.stringContaining('DATABASE_URL') });
  });

  it('ends with exit code 1 when the database cannot be reached, and keeps its password to itself', () => {
    const { status, stdout } = runMigrate({ DATABASE_URL: 'postgres://somebody:canary@127.0.0.1:1/nothing' });
    expect(status).toBe(1);
    expect(stdout).toContain('ECONNREFUSED');
    expect(stdout).not.toContain('canary');
  });
});
