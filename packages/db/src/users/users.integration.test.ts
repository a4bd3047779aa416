import { describe, expect, it } from '@jest/globals';
import { findCaller, hashApiKey } from '../api-keys/callers.ts';
import { setup } from '../database.fixture.ts';
import { bootstrapUser, findUser, findUserByEmail, insertUser, listUsers, updateUser } from './users.ts';

describe('insertUser', () => {
  it('creates a user of the plan FREE unless told otherwise', async () => {
    await using database = await setup();
    const created = await insertUser(database.pool, { email: ' Ada@Example.com ' });
    expect(created).toEqual({
      kind: 'created',
      user: {
        id: expect.any(String),
        email: 'ada@example.com',
        name: null,
        avatarUrl: null,
        plan: 'FREE',
        createdAt: expect.any(Date),
      },
    });
    const whole = {
      email: 'g@example.com',
      name: 'Grace',
      avatarUrl: 'https://example.com/g.png',
      plan: 'PRO' as const,
    };
    expect(await insertUser(database.pool, whole)).toMatchObject({ user: whole });
  });

  it('gives an address to one user, however it is written, also when two ask at once', async () => {
    await using database = await setup();
    const answers = await Promise.all(
      ['ada@example.com', 'ADA@example.com'].map((email) => insertUser(database.pool, { email })),
    );
    expect(answers.map(({ kind }) => kind).toSorted()).toEqual(['created', 'email-taken']);
    expect(await insertUser(database.pool, { email: 'ada' })).toEqual({ kind: 'email-invalid' });
  });
});

describe('updateUser', () => {
  it('changes what is named, and takes away what is null', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    expect(await updateUser(pool, userId, { name: 'Ada', plan: 'PRO' })).toMatchObject({
      name: 'Ada',
      plan: 'PRO',
    });
    expect(await updateUser(pool, userId, { avatarUrl: 'x' })).toMatchObject({ name: 'Ada', avatarUrl: 'x' });
    const changed = await updateUser(pool, userId, { name: null, plan: 'FREE' });
    expect(changed).toMatchObject({ name: null, avatarUrl: 'x', plan: 'FREE' });
    expect(await findUser(pool, userId)).toEqual(changed);
    expect(await updateUser(pool, 'nobody', { name: 'x' })).toBeNull();
  });
});

describe('listUsers', () => {
  it('lists all by their addresses, in pages', async () => {
    await using database = await setup();
    const { pool } = database;
    for (const email of ['b@x', 'a@x', 'c@x']) await insertUser(pool, { email });
    const first = await listUsers(pool, { afterEmail: null, limit: 2 });
    expect(first.map(({ email }) => email).slice(-2)).toContain('a@x');
    const all = await listUsers(pool, { afterEmail: null, limit: 100 });
    const rest = await listUsers(pool, { afterEmail: first.at(-1)?.email ?? null, limit: 100 });
    expect([...first, ...rest]).toEqual(all);
    expect(all).toHaveLength(5);
  });

  it('finds one by the address', async () => {
    await using database = await setup();
    await insertUser(database.pool, { email: 'ada@example.com', name: 'Ada' });
    expect(await findUserByEmail(database.pool, 'ADA@example.com')).toMatchObject({ name: 'Ada' });
    expect(await findUserByEmail(database.pool, 'nobody@example.com')).toBeNull();
    expect(await findUserByEmail(database.pool, 'no address')).toBeNull();
  });
});

describe('bootstrapUser', () => {
  it('creates a user with a key, and another key when it is run again', async () => {
    await using database = await setup();
    const { pool } = database;
    const secrets: string[] = [];
    for (const plan of ['PRO', 'FREE'] as const) {
      const answer = await bootstrapUser(pool, { email: 'ada@example.com', plan }, 'First');
      if (answer.kind !== 'issued') throw new Error(answer.kind);
      expect(answer.user).toMatchObject({ email: 'ada@example.com', plan: 'PRO' });
      expect(await findCaller(pool, hashApiKey(answer.secret))).toMatchObject({
        userId: answer.user.id,
        scopes: ['read', 'write'],
      });
      secrets.push(answer.secret);
    }
    expect(new Set(secrets).size).toBe(2);
    expect(await bootstrapUser(pool, { email: 'ada' }, 'First')).toEqual({ kind: 'email-invalid' });
  });
});
