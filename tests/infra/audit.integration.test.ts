import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, openPool } from '@formaops/db';
import { createProducer, openQueueConnection } from '@formaops/queue';
import {
  createExecution,
  createPrompt,
  createUser,
  hasRedis,
  recordingLog,
  testDatabase,
  testPostgres,
  testRedisDatabase,
} from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
/** Where no local stack runs, whatever this machine does. */
const nowhere = '/nonexistent';

/** Runs infra/audit.ts as an operator would, to its end. */
function runAudit(env: Record<string, string>, ...args: string[]) {
  const whole = { PATH: process.env['PATH'] ?? '', FORMAOPS_STATE_DIR: nowhere, ...env };
  const options = { cwd: root, env: whole, encoding: 'utf8' as const };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['infra/audit.ts', ...args], options);
  return { status, stdout, stderr };
}

async function setup() {
  const { databaseUrl, drop } = await testDatabase();
  const pool = openPool({ databaseUrl, max: 2, applicationName: 'test', log: recordingLog() });
  const { userId } = await createUser(pool);
  const owner = { userId, promptId: await createPrompt(pool, { userId }) };
  return {
    pool,
    databaseUrl,
    submit: () => createExecution(pool, owner),
    /** Rings for an execution that does not exist. */
    async ringForNobody(queueUrl?: string, delayMs = 0) {
      const connection = openQueueConnection({
        queueUrl,
        databaseUrl,
        log: recordingLog(),
        ringBudgetMs: 20_000,
      });
      const producer = createProducer(connection);
      await producer.ring([
        { executionId: newId(), epoch: 0, priority: 'NORMAL', submittedAt: new Date(), delayMs },
      ]);
      await producer.close();
      await connection.close();
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
      await drop();
    },
  };
}

describe('infra/audit.ts', () => {
  it('says that nothing is wrong, one line for each check, and ends with 0', async () => {
    await using bench = await setup();
    await bench.submit();
    const { status, stdout, stderr } = runAudit({ DATABASE_URL: bench.databaseUrl });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, -2).filter((line) => !/^✓ I\d+ +\S.*: 0( \(.*\))?$/.test(line))).toEqual([]);
    expect(lines.at(-1)).toBe(`${lines.length - 2} checks, nothing wrong.`);
    expect(lines.at(-3)).toContain('1 executions open; bells: 0 waiting, 0 delayed, 0 active');
  });

  it('names what is wrong with which execution, and ends with 1', async () => {
    await using bench = await setup();
    const id = await bench.submit();
    await bench.pool.query(`UPDATE executions SET deadline_at = now() - interval '1 h'`);
    const { status, stdout } = runAudit({ DATABASE_URL: bench.databaseUrl });
    expect(status).toBe(1);
    expect(stdout).toContain(`: 1\n      ${id}: is PENDING, and its deadline passed 01:00:0`);
    expect(stdout).toMatch(/^✗ I2 /m);
    expect(stdout).toMatch(/checks, 1 violated\.\n$/);
    expect(runAudit({ DATABASE_URL: bench.databaseUrl }, '--since', '2999-01-01T00:00:00Z').status).toBe(0);
  });

  it('with --json prints one document', async () => {
    await using bench = await setup();
    const { status, stdout } = runAudit({ DATABASE_URL: bench.databaseUrl }, '--json', '--since', '1d');
    expect(status).toBe(0);
    const { since, invariants } = JSON.parse(stdout);
    expect(Date.now() - Date.parse(since)).toBeGreaterThan(86_000_000);
    expect(invariants.map(({ violations }: { violations: number }) => violations)).toEqual(
      invariants.map(() => 0),
    );
    expect(invariants.at(-1)).toMatchObject({ id: 'I10', bells: { waiting: 0, delayed: 0, active: 0 } });
  });

  it('finds a bell in the database that rings for nobody, and lets it be while something is open', async () => {
    await using bench = await setup();
    await bench.ringForNobody();
    const { status, stdout } = runAudit({ DATABASE_URL: bench.databaseUrl });
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: expect.stringContaining('1 bells are waiting, and no execution is open'),
    });
    await bench.submit();
    expect(runAudit({ DATABASE_URL: bench.databaseUrl })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('1 executions open; bells: 1 waiting'),
    });
  });

  if (hasRedis)
    it('finds it in Redis, too', async () => {
      await using bench = await setup();
      const queueUrl = await testRedisDatabase();
      await bench.ringForNobody(queueUrl, 600_000);
      expect(runAudit({ DATABASE_URL: bench.databaseUrl, QUEUE_URL: queueUrl })).toMatchObject({
        status: 1,
        stdout: expect.stringContaining('1 bells are delayed, and no execution is open'),
      });
    });

  it('audits the local stack when it is told of no other', async () => {
    await using bench = await setup();
    const stateDir = await mkdtemp(join(tmpdir(), 'formaops-audit-'));
    const state = { databaseUrl: bench.databaseUrl, queueUrl: bench.databaseUrl };
    await writeFile(join(stateDir, 'dev.json'), JSON.stringify(state));
    expect(runAudit({ FORMAOPS_STATE_DIR: stateDir })).toMatchObject({ status: 0 });
    await rm(stateDir, { recursive: true });
  });

  it('ends with 78 when it does not know what to audit, and says what to do', () => {
    expect(runAudit({})).toMatchObject({
      status: 78,
      stdout: '',
      stderr: expect.stringMatching(/DATABASE_URL.*npm start/),
    });
    const wrong = runAudit({ DATABASE_URL: 'mysql://somebody:canary@127.0.0.1/x' });
    expect(wrong).toMatchObject({ status: 78, stderr: expect.stringContaining('DATABASE_URL') });
    expect(wrong.stderr).not.toContain('canary');
    expect(runAudit({}, '--since', 'yesterday')).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('--since'),
    });
    expect(runAudit({}, '--frm')).toMatchObject({ status: 78, stderr: expect.stringContaining('--help') });
  });

  it('ends with 2 when database or queue cannot be reached, or are not there, and keeps passwords to itself', async () => {
    const away = runAudit({ DATABASE_URL: 'postgres://somebody:canary@127.0.0.1:1/nothing' });
    expect(away).toMatchObject({ status: 2, stderr: expect.stringContaining('ECONNREFUSED') });
    expect(away.stderr).not.toContain('canary');
    await using bench = await setup();
    const env = { DATABASE_URL: bench.databaseUrl, QUEUE_URL: 'redis://:canary@127.0.0.1:1' };
    const halfAway = runAudit(env);
    expect(halfAway).toMatchObject({ status: 2, stderr: expect.stringContaining('queue') });
    expect(halfAway.stderr).not.toContain('canary');
    const { databaseUrl, drop } = await testPostgres();
    expect(runAudit({ DATABASE_URL: databaseUrl })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('not migrated'),
    });
    await drop();
  });

  it('explains itself', () => {
    expect(runAudit({}, '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--since') });
  });
});
