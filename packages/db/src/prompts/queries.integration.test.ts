import { createPrompt, createUser, createValidation } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { setup } from '../database.fixture.ts';
import {
  findPrompt,
  findRunnablePrompt,
  listActiveValidations,
  listPrompts,
  type PromptPage,
} from './queries.ts';

describe('listPrompts', () => {
  it("walks through a user's prompts, newest first, without a gap and without a double", async () => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    const ids = [promptId];
    for (let n = 0; n < 6; n += 1) ids.push(await createPrompt(pool, { userId }));
    await createPrompt(pool, { userId: (await createUser(pool)).userId });
    await pool.query('UPDATE prompts SET created_at = now()');
    const seen: string[] = [];
    for (let page: PromptPage | null = null; page === null || page.hasMore; ) {
      page = await listPrompts(pool, userId, {}, page?.prompts.at(-1) ?? null, 3);
      seen.push(...page.prompts.map(({ id }) => id));
    }
    expect(seen).toEqual(ids.toSorted().toReversed());
  });

  it('ends a page of large prompts before it takes much memory, and goes on with the next', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    await pool.query(
      `INSERT INTO prompts (id, name, template, variables, user_id)
       SELECT 'large-' || n, 'n', repeat('x', 200000), '[]', $1 FROM generate_series(1, 15) n`,
      [userId],
    );
    const first = await listPrompts(pool, userId, {}, null, 100);
    expect([first.prompts.length, first.hasMore]).toEqual([10, true]);
    const second = await listPrompts(pool, userId, {}, first.prompts.at(-1) ?? null, 100);
    expect([second.prompts.length, second.hasMore]).toEqual([6, false]);
  });
});

describe('findPrompt', () => {
  it("finds one's own with its validations, and nobody else's", async () => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    const id = await createValidation(pool, { promptId, config: { type: 'object' } });
    const found = await findPrompt(pool, userId, promptId);
    expect(found).toMatchObject({
      id: promptId,
      template: '{{text}}',
      variables: [{ name: 'text', type: 'string', required: true }],
      status: 'PUBLISHED',
      version: 1,
      tags: [],
      validations: [{ id, name: 'Test', type: 'SCHEMA', isActive: true }],
    });
    expect(await findPrompt(pool, (await createUser(pool)).userId, promptId)).toBeNull();
    expect(await findPrompt(pool, userId, 'nowhere')).toBeNull();
  });
});

describe('findRunnablePrompt', () => {
  it('gives the current version, or the one that is asked for', async () => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    await pool.query(`UPDATE prompts SET version = 2, template = 'second', variables = '[]'`);
    const first = { id: promptId, status: 'PUBLISHED', version: 1, template: '{{text}}' };
    expect(await findRunnablePrompt(pool, userId, promptId, 1)).toMatchObject(first);
    const second = { id: promptId, status: 'PUBLISHED', version: 2, template: 'second', variables: [] };
    expect(await findRunnablePrompt(pool, userId, promptId, undefined)).toMatchObject(second);
    expect(await findRunnablePrompt(pool, userId, promptId, 2)).toMatchObject(second);
  });

  it('tells a version that is missing from a prompt that is missing', async () => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    expect(await findRunnablePrompt(pool, userId, promptId, 9)).toMatchObject({
      id: promptId,
      version: null,
    });
    expect(await findRunnablePrompt(pool, userId, 'nowhere', undefined)).toBeNull();
    const stranger = await createUser(pool);
    expect(await findRunnablePrompt(pool, stranger.userId, promptId, undefined)).toBeNull();
  });

  it('names the types of the active validations, each once', async () => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    for (const type of ['SCHEMA', 'SCHEMA', 'REGEX'] as const)
      await createValidation(pool, { promptId, type, config: {} });
    const inactive = await createValidation(pool, { promptId, type: 'FUNCTION', config: {} });
    await pool.query('UPDATE validations SET is_active = false WHERE id = $1', [inactive]);
    const found = await findRunnablePrompt(pool, userId, promptId, undefined);
    expect(found?.validationTypes.toSorted()).toEqual(['REGEX', 'SCHEMA']);
  });
});

describe('listActiveValidations', () => {
  it('gives the active ones of each prompt by age, with their configs', async () => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    const ids: string[] = [];
    for (const n of [1, 2, 3]) ids.push(await createValidation(pool, { promptId, config: { n } }));
    const another = await createPrompt(pool, { userId });
    await createValidation(pool, { promptId: another, config: {} });
    await pool.query('UPDATE validations SET is_active = false WHERE id = $1', [ids[1]]);
    const expected = [
      { id: ids[0], name: 'Test', type: 'SCHEMA', config: { n: 1 } },
      { id: ids[2], name: 'Test 2', type: 'SCHEMA', config: { n: 3 } },
    ];
    expect(await listActiveValidations(pool, [promptId, 'nowhere', promptId])).toEqual([
      expected,
      [],
      expected,
    ]);
  });
});
