import { describe, expect, it } from '@jest/globals';
import { findStores, readOptions, UnusableError } from './options.ts';

const now = new Date('2026-11-25T12:00:00Z');

describe('readOptions', () => {
  it.each([
    ['30m', '2026-11-25T11:30:00.000Z'],
    ['24h', '2026-11-24T12:00:00.000Z'],
    ['7d', '2026-11-18T12:00:00.000Z'],
    ['2026-11-25T10:00:00Z', '2026-11-25T10:00:00.000Z'],
    ['2026-11-25T10:00:00.5+02:00', '2026-11-25T08:00:00.500Z'],
  ])('reads --since %s', (text, time) => {
    expect(readOptions(['--since', text], now)).toEqual({ since: new Date(time), json: false, help: false });
  });

  it.each(['', '24', 'h', '-1h', '1.5h', '24 h', '2026-11-25', '2026-13-01T00:00:00Z', 'yesterday'])(
    'refuses --since %p',
    (text) => {
      expect(() => readOptions([`--since=${text}`], now)).toThrow(UnusableError);
    },
  );

  it('looks at everything unless told otherwise', () => {
    expect(readOptions([], now)).toEqual({ since: undefined, json: false, help: false });
    expect(readOptions(['--json'], now)).toMatchObject({ json: true });
  });

  it.each([['--sinze'], ['24h'], ['--since'], ['--json=yes']])('refuses %s', (...args) => {
    expect(() => readOptions(args, now)).toThrow(UnusableError);
  });
});

describe('findStores', () => {
  const database = 'postgres://u:p@host/db';

  it('takes the addresses of the environment as the processes do', async () => {
    expect(await findStores({ DATABASE_URL: database, QUEUE_URL: '' }, '/nonexistent')).toEqual({
      databaseUrl: database,
      queueDatabaseUrl: database,
      queueUrl: undefined,
    });
    const direct = 'postgresql://u:p@direct/db';
    const env = { DATABASE_URL: database, DATABASE_DIRECT_URL: direct, QUEUE_URL: 'rediss://host' };
    expect(await findStores(env, '/nonexistent')).toEqual({
      databaseUrl: database,
      queueDatabaseUrl: direct,
      queueUrl: 'rediss://host',
    });
  });

  it.each([
    [{ DATABASE_URL: 'redis://host' }, 'DATABASE_URL'],
    [{ DATABASE_URL: database, QUEUE_URL: 'host:6379' }, 'QUEUE_URL'],
    [{ DATABASE_URL: database, DATABASE_DIRECT_URL: 'host' }, 'DATABASE_DIRECT_URL'],
    [{ QUEUE_URL: 'redis://host' }, 'set DATABASE_URL'],
  ])('refuses %p', async (env, name) => {
    await expect(findStores(env, '/nonexistent')).rejects.toThrow(name);
  });
});
