import { describe, expect, it } from '@jest/globals';
import { setup } from '../database.fixture.ts';
import { issueApiKey } from './api-keys.ts';
import { findCaller, hashApiKey, noteKeysUsed } from './callers.ts';

describe('hashApiKey', () => {
  it('is SHA-256 in hexadecimal', () => {
    // The example of FIPS 180-4's test vectors.
    expect(hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('findCaller', () => {
  it('finds the user of an active key, the plan and what the key may do', async () => {
    await using database = await setup();
    const key = await issueApiKey(database.pool, database.userId, 'laptop');
    expect(await findCaller(database.pool, hashApiKey(key))).toEqual({
      keyId: expect.any(String),
      scopes: ['read', 'write'],
      userId: database.userId,
      plan: 'ENTERPRISE',
    });
  });

  it('does not find a key that is unknown or no longer active', async () => {
    await using database = await setup();
    const key = await issueApiKey(database.pool, database.userId, 'laptop');
    expect(await findCaller(database.pool, hashApiKey(`${key}x`))).toBeNull();
    expect(await findCaller(database.pool, key)).toBeNull();
    await database.pool.query('UPDATE api_keys SET is_active = false');
    expect(await findCaller(database.pool, hashApiKey(key))).toBeNull();
  });
});

describe('noteKeysUsed', () => {
  it('notes the last use of many keys and never moves one back', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const keyIds: string[] = [];
    for (const name of ['a', 'b']) {
      const caller = await findCaller(pool, hashApiKey(await issueApiKey(pool, userId, name)));
      keyIds.push(caller?.keyId ?? '');
    }
    const [a = '', b = ''] = keyIds;
    const [early, late] = [new Date('2030-01-01T00:00:00.001Z'), new Date('2030-01-01T00:00:00.002Z')];
    await noteKeysUsed(
      pool,
      new Map([
        [a, late],
        [b, early],
        ['nowhere', late],
      ]),
    );
    await noteKeysUsed(
      pool,
      new Map([
        [a, early],
        [b, late],
      ]),
    );
    await noteKeysUsed(pool, new Map());
    const { rows } = await pool.query('SELECT id, last_used FROM api_keys WHERE id = ANY($1)', [keyIds]);
    expect(new Map(rows.map(({ id, last_used }) => [id, last_used]))).toEqual(
      new Map([
        [a, late],
        [b, late],
      ]),
    );
  });
});
