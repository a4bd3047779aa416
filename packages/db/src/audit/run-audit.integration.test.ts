import { createExecution } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type Fixture, setup } from '../database.fixture.ts';
import { newId } from '../new-id.ts';
import { seed } from '../seed.ts';
import { createHistories } from './histories.fixture.ts';
import { type AuditOptions, type InvariantReport, runAudit } from './run-audit.ts';

const violated = (reports: InvariantReport[]) => reports.filter(({ violations }) => violations > 0);

async function audit({ pool }: Fixture, options?: AuditOptions) {
  return violated(await runAudit(pool, options));
}

/** What the transaction that asks for it may do, and the locks that it holds on tables. */
const transactionSql = `SELECT current_setting('transaction_read_only') AS "readOnly", array_agg(DISTINCT mode) AS locks
  FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'`;

describe('runAudit', () => {
  it('finds nothing in an empty database, and nothing in the sample data', async () => {
    await using database = await setup();
    expect(await audit(database)).toEqual([]);
    await seed(database.pool);
    expect(await audit(database)).toEqual([]);
  });

  it('finds nothing wrong with whatever the verbs have done', async () => {
    await using database = await setup();
    await createHistories(database);
    expect(await audit(database)).toEqual([]);
  });

  it('reports each check, in the order of the invariants, as soon as it is done', async () => {
    await using database = await setup();
    const told: InvariantReport[] = [];
    const reports = await runAudit(database.pool, { onReport: (report) => told.push(report) });
    expect(told).toEqual(reports);
    expect([...new Set(reports.map(({ id }) => id))].join(' ')).toBe(
      'I2 I3 I4 I5 I6 I7 I8 I9 I11 I12 I13 I14 I16 I17 I18 I22 I23 I24',
    );
    expect(new Set(reports.map(({ name }) => name)).size).toBe(reports.length);
  });

  it('counts all, and names the first twenty', async () => {
    await using database = await setup();
    await database.pool.query('ALTER TABLE executions DROP CONSTRAINT chk_execution_status_logic');
    for (let n = 0; n < 25; n += 1) await createExecution(database.pool, database.owner);
    await database.pool.query('UPDATE executions SET started_at = clock_timestamp()');
    const [report] = await audit(database);
    expect(report).toMatchObject({ id: 'I5', violations: 25 });
    expect(report?.offenders).toHaveLength(20);
    expect(new Set(report?.offenders).size).toBe(20);
    expect(report?.offenders).toEqual(report?.offenders.toSorted());
  });

  it('looks only at executions created since the time it is given', async () => {
    await using database = await setup();
    const id = await createExecution(database.pool, database.owner);
    await database.pool.query(
      `UPDATE executions SET created_at = now() - interval '3 h', deadline_at = now() - interval '2 h' WHERE id = $1`,
      [id],
    );
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
    expect(await audit(database, { since: hoursAgo(1) })).toEqual([]);
    expect(await audit(database, { since: hoursAgo(4) })).toMatchObject([{ id: 'I2', violations: 1 }]);
    expect(await audit(database)).toMatchObject([{ id: 'I2', violations: 1 }]);
  });

  it('waits for maintenance as long as it is told to', async () => {
    await using database = await setup();
    await createExecution(database.pool, database.owner, { deadlineMs: -60_000 });
    expect(await audit(database)).toEqual([]);
    expect(await audit(database, { graceMs: 30_000 })).toMatchObject([{ name: 'nothing-is-stuck' }]);
  });

  it('needs no right but to read', async () => {
    await using database = await setup();
    await createHistories(database);
    const role = `reader_${newId().replaceAll('-', '')}`;
    await database.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'`);
    await database.pool.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
    const url = new URL(database.databaseUrl);
    [url.username, url.password] = [role, 'reader'];
    const pool = new pg.Pool({ connectionString: url.href, max: 1 });
    try {
      expect(violated(await runAudit(pool))).toEqual([]);
      await expect(pool.query('DELETE FROM executions')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await pool.end();
      await database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('could not write if it wanted to, and locks nothing against writers', async () => {
    await using database = await setup();
    const client = await database.pool.connect();
    const seen: unknown[] = [];
    const query = async (text: string | pg.QueryConfig) => {
      const answer = await client.query(text);
      if (typeof text !== 'string') seen.push(...(await client.query(transactionSql)).rows);
      return answer;
    };
    const connect = async () => ({ query, release: () => undefined });
    const reports = await runAudit({ connect: connect as unknown as pg.Pool['connect'] });
    client.release();
    expect(seen).toEqual(reports.map(() => ({ readOnly: 'on', locks: ['AccessShareLock'] })));
  });

  it('gives up a check that takes longer than it may, and leaves the pool as it was', async () => {
    await using database = await setup();
    const writer = await database.pool.connect();
    try {
      await writer.query('BEGIN; LOCK TABLE execution_transitions IN ACCESS EXCLUSIVE MODE');
      await expect(runAudit(database.pool, { statementTimeoutMs: 100 })).rejects.toMatchObject({
        code: '57014',
      });
    } finally {
      await writer.query('ROLLBACK');
      writer.release();
    }
    const { rows } = await database.pool.query(`SHOW statement_timeout`);
    expect(rows).toEqual([{ statement_timeout: '0' }]);
    expect(await audit(database)).toEqual([]);
  });
});
