import { isWellFormedApiKey } from '@formaops/core';
import { createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../database.fixture.ts';
import {
  findApiKey,
  insertApiKey,
  issueApiKey,
  listApiKeys,
  maxApiKeys,
  type NewApiKey,
  renameApiKey,
  revokeApiKey,
} from './api-keys.ts';
import { findCaller, hashApiKey } from './callers.ts';

async function issue({ pool, userId }: Fixture, key: NewApiKey) {
  const issued = await insertApiKey(pool, userId, key);
  if (issued.kind !== 'issued') throw new Error(issued.kind);
  return issued;
}

describe('insertApiKey', () => {
  it('creates a well-formed key with the scopes that were asked for, and stores it nowhere', async () => {
    await using database = await setup();
    const { secret, apiKey } = await issue(database, { name: 'laptop', scopes: ['write', 'read'] });
    expect(isWellFormedApiKey(secret)).toBe(true);
    expect(apiKey).toEqual({
      id: expect.any(String),
      name: 'laptop',
      scopes: ['read', 'write'],
      lastFour: secret.slice(-4),
      createdAt: expect.any(Date),
      lastUsed: null,
      isActive: true,
      revokedAt: null,
    });
    const { rows } = await database.pool.query('SELECT * FROM api_keys');
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('knows no user who is not there', async () => {
    await using database = await setup();
    expect(await insertApiKey(database.pool, 'nobody', { name: 'x' })).toEqual({ kind: 'missing' });
    await expect(issueApiKey(database.pool, 'nobody', 'x')).rejects.toThrow('missing');
  });

  it('lets a user have so many active keys and no more, also when they are asked for at once', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const answers = await Promise.all(
      Array.from({ length: maxApiKeys + 5 }, (_, n) => insertApiKey(pool, userId, { name: `key ${n}` })),
    );
    const { rows } = await pool.query('SELECT count(*)::int FROM api_keys WHERE user_id = $1', [userId]);
    expect(rows).toEqual([{ count: maxApiKeys }]);
    expect(answers.filter(({ kind }) => kind === 'too-many')).toHaveLength(6);
    const [, revoked] = answers.flatMap((answer) => (answer.kind === 'issued' ? [answer.apiKey] : []));
    await revokeApiKey(pool, userId, revoked?.id ?? '');
    expect((await insertApiKey(pool, userId, { name: 'rotated' })).kind).toBe('issued');
    expect((await insertApiKey(pool, (await createUser(pool)).userId, { name: 'another' })).kind).toBe(
      'issued',
    );
  });
});

describe('a key', () => {
  it('is stored by the previous release, which knows neither scopes nor ends', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    await pool.query(`INSERT INTO api_keys (id, name, key_hash, user_id) VALUES ('old', 'Old', 'h', $1)`, [
      userId,
    ]);
    expect(await findApiKey(pool, userId, 'old')).toMatchObject({
      scopes: ['read', 'write'],
      lastFour: null,
    });
  });

  it.each([
    ['no scope', `scopes = '{}'`, 'chk_api_key_scopes'],
    ['nothing for scopes', 'scopes = NULL', 'chk_api_key_scopes'],
    ['another scope', `scopes = '{read,admin}'`, 'chk_api_key_scopes'],
    ['a revocation while it is active', 'revoked_at = now()', 'chk_api_key_revoked'],
  ])('never has %s', async (_, change, constraint) => {
    await using database = await setup();
    await issue(database, { name: 'laptop' });
    await expect(database.pool.query(`UPDATE api_keys SET ${change}`)).rejects.toMatchObject({ constraint });
  });

  it('belongs to its user alone', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const { apiKey } = await issue(database, { name: 'laptop' });
    const { userId: other } = await createUser(pool);
    expect(await findApiKey(pool, other, apiKey.id)).toBeNull();
    expect(await renameApiKey(pool, other, apiKey.id, 'stolen')).toBeNull();
    expect(await revokeApiKey(pool, other, apiKey.id)).toBeNull();
    expect(await findApiKey(pool, userId, apiKey.id)).toEqual(apiKey);
    expect(await renameApiKey(pool, userId, apiKey.id, 'desktop')).toEqual({ ...apiKey, name: 'desktop' });
  });
});

describe('revokeApiKey', () => {
  it('ends a key for good and keeps its row', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const { secret, apiKey } = await issue(database, { name: 'laptop' });
    const revoked = await revokeApiKey(pool, userId, apiKey.id);
    expect(revoked).toEqual({
      apiKey: { ...apiKey, isActive: false, revokedAt: expect.any(Date) },
      keyHash: hashApiKey(secret),
    });
    expect(await findCaller(pool, hashApiKey(secret))).toBeNull();
    expect(await revokeApiKey(pool, userId, apiKey.id)).toEqual(revoked);
    for (const change of ['is_active = true', 'is_active = true, revoked_at = NULL', 'revoked_at = NULL'])
      await expect(
        pool.query(`UPDATE api_keys SET ${change} WHERE id = $1`, [apiKey.id]),
      ).rejects.toMatchObject({
        constraint: 'chk_api_key_revoked',
      });
  });
});

describe('listApiKeys', () => {
  it('lists a user’s keys newest first, in pages that hold each once', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    for (const name of ['a', 'b', 'c', 'd']) await issue(database, { name });
    // As many as possible at the same time, so that the id decides.
    await pool.query(`UPDATE api_keys SET created_at = '2030-01-01' WHERE name IN ('b', 'c', 'd')`);
    const all = await listApiKeys(pool, userId, { after: null, limit: 100 });
    expect(all.map(({ name }) => name)).toEqual(['d', 'c', 'b', 'a', 'test']);
    const pages: string[] = [];
    let after: { at: Date; id: string } | null = null;
    for (let page = 0; page < 3; page += 1) {
      const keys = await listApiKeys(pool, userId, { after, limit: 2 });
      pages.push(keys.map(({ name }) => name).join(''));
      const last = keys.at(-1);
      after = last ? { at: last.createdAt, id: last.id } : null;
    }
    expect(pages).toEqual(['dc', 'ba', 'test']);
  });
});
