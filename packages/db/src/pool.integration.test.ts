import { once } from 'node:events';
import { createServer } from 'node:net';
import { recordingLog } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { setup as setupDatabase } from './database.fixture.ts';
import { isDatabaseBusy, isDatabaseUnavailable, isLockedOut, openPool } from './pool.ts';

async function setup() {
  const database = await setupDatabase();
  const log = recordingLog();
  const opened = openPool({ databaseUrl: database.databaseUrl, max: 1, applicationName: 'forma-test', log });
  return {
    database,
    log,
    opened,
    async [Symbol.asyncDispose]() {
      await opened.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** @returns the error of a query, for it must fail. */
async function errorOf(query: Promise<unknown>): Promise<unknown> {
  return query.then(
    () => {
      throw new Error('the query did not fail');
    },
    (error: unknown) => error,
  );
}

describe('openPool', () => {
  it('sets the limits on each connection', async () => {
    await using fixture = await setup();
    const { rows } = await fixture.opened.query(
      `SELECT name, setting FROM pg_settings WHERE name IN ('application_name', 'statement_timeout', 'lock_timeout',
         'idle_in_transaction_session_timeout') ORDER BY name`,
    );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      application_name: 'forma-test',
      idle_in_transaction_session_timeout: '15000',
      lock_timeout: '3000',
      statement_timeout: '10000',
    });
  });

  it.each([
    ['by their keys alone', 'off', {}],
    ['by reading whole tables, too, where it is told so', 'on', { readsTables: true as const }],
  ])('lets statements find rows %s', async (_, setting, options) => {
    await using database = await setupDatabase();
    const { databaseUrl } = database;
    const pool = openPool({ databaseUrl, max: 1, applicationName: 't', log: recordingLog(), ...options });
    const { rows } = await pool.query('SHOW enable_seqscan');
    await pool.end();
    expect(rows).toEqual([{ enable_seqscan: setting }]);
  });

  it('outlives the loss of an idle connection, and says so', async () => {
    await using fixture = await setup();
    const { opened, log, database } = fixture;
    await opened.query('SELECT 1');
    const lost = once(opened, 'error');
    await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'forma-test'`,
    );
    await lost;
    expect(log.lines).toEqual([
      { level: 'warn', fields: { err: expect.any(Error) }, message: 'idle database connection lost' },
    ]);
    expect((await opened.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('outlives the loss of a connection that somebody has between two statements', async () => {
    await using fixture = await setup();
    const { opened, database } = fixture;
    const client = await opened.connect();
    const lost = new Promise((resolve) => client.once('end', resolve));
    await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'forma-test'`,
    );
    await lost;
    expect(isDatabaseUnavailable(await errorOf(client.query('SELECT 1')))).toBe(true);
    client.release();
    expect((await opened.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('gives decimals as strings and times as Dates', async () => {
    await using fixture = await setup();
    const { rows } = await fixture.opened.query(
      `SELECT 0.1::numeric(24, 12) AS cost, '2030-01-01Z'::timestamptz AS at`,
    );
    expect(rows).toEqual([{ cost: '0.100000000000', at: new Date('2030-01-01T00:00:00Z') }]);
  });
});

describe('isDatabaseBusy', () => {
  it('sees that every connection is in use', async () => {
    await using fixture = await setup();
    const client = await fixture.opened.connect();
    const error = await errorOf(fixture.opened.query('SELECT 1'));
    client.release();
    expect([isDatabaseBusy(error), isDatabaseUnavailable(error)]).toEqual([true, true]);
  });

  it.each([
    ['too many connections', `DO $$ BEGIN RAISE SQLSTATE '53300'; END $$`, true],
    ['a statement that took too long', `SET statement_timeout = 1; SELECT pg_sleep(10)`, true],
    ['a server that is shutting down', `DO $$ BEGIN RAISE SQLSTATE '57P01'; END $$`, false],
    ['a mistake in the SQL', 'SELEKT', false],
  ])('judges %s', async (_, sql, busy) => {
    await using fixture = await setup();
    expect(isDatabaseBusy(await errorOf(fixture.opened.query(sql)))).toBe(busy);
  });

  it.each([new Error('no'), 'timeout exceeded when trying to connect', null, { code: '53300' }])(
    'does not take %p for it',
    (error) => {
      expect(isDatabaseBusy(error)).toBe(false);
    },
  );
});

describe('isLockedOut', () => {
  it.each([
    ['a lock that was not to be had', 'SET lock_timeout = 1; LOCK TABLE users', true],
    ['a statement that took too long', `SET statement_timeout = 1; SELECT pg_sleep(10)`, false],
  ])('judges %s', async (_, sql, expected) => {
    await using fixture = await setup();
    const holder = await fixture.database.pool.connect();
    await holder.query('BEGIN; LOCK TABLE users');
    const error = await errorOf(fixture.opened.query(sql));
    await holder.query('COMMIT');
    holder.release();
    expect([isLockedOut(error), isDatabaseBusy(error)]).toEqual([expected, true]);
  });
});

describe('isDatabaseUnavailable', () => {
  it.each([
    ['a server that is shutting down', `DO $$ BEGIN RAISE SQLSTATE '57P01'; END $$`, true],
    ['too many connections', `DO $$ BEGIN RAISE SQLSTATE '53300'; END $$`, true],
    ['a standby after a failover', `DO $$ BEGIN RAISE SQLSTATE '25006'; END $$`, true],
    ['an I/O error', `DO $$ BEGIN RAISE SQLSTATE '58030'; END $$`, true],
    ['a deadlock', `DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$`, true],
    ['a statement that took too long', `SET statement_timeout = 1; SELECT pg_sleep(10)`, true],
    ['a value that is there already', `INSERT INTO users (id, email) SELECT id, email FROM users`, false],
    ['a constraint', 'UPDATE prompts SET version = 0', false],
    ['a mistake in the SQL', 'SELEKT', false],
  ])('judges %s', async (_, sql, unavailable) => {
    await using fixture = await setup();
    expect(isDatabaseUnavailable(await errorOf(fixture.opened.query(sql)))).toBe(unavailable);
  });

  it('sees a server that is not there, one that hangs up, and a connection that was cut', async () => {
    await using fixture = await setup();
    const { opened, database } = fixture;
    const hangsUp = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(hangsUp, 'listening');
    const address = hangsUp.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const errorAt = async () => {
      const databaseUrl = `postgres://postgres@127.0.0.1:${port}/postgres`;
      const pool = openPool({ databaseUrl, max: 1, applicationName: 'forma-test', log: recordingLog() });
      const error = await errorOf(pool.query('SELECT 1'));
      await pool.end();
      return error;
    };
    expect(isDatabaseUnavailable(await errorAt())).toBe(true);
    hangsUp.close();
    await once(hangsUp, 'close');
    expect(isDatabaseUnavailable(await errorAt())).toBe(true);
    const { rows } = await opened.query('SELECT pg_backend_pid() AS pid');
    const cut = errorOf(opened.query('SELECT pg_sleep(60)'));
    await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    expect(isDatabaseUnavailable(await cut)).toBe(true);
  });

  it.each(['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL'])(
    'sees %s: there is no way to it',
    (code) => {
      expect(isDatabaseUnavailable(Object.assign(new Error(`connect ${code}`), { code }))).toBe(true);
    },
  );

  it.each([new TypeError('x is not a function'), new Error('no'), 'timeout', null, { code: '57P01' }])(
    'does not take %p for it',
    (error) => {
      expect(isDatabaseUnavailable(error)).toBe(false);
    },
  );
});
