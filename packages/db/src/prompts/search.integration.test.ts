import { createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { setup as setupDatabase } from '../database.fixture.ts';
import type { Queryable } from '../pool.ts';
import { listPrompts, type PromptFilter } from './queries.ts';
import { insertPrompt, type NewPrompt } from './writes.ts';

const blank: NewPrompt = { name: 'x', description: null, template: 'x', variables: [], tags: [] };

/** A user with these prompts, oldest first. */
async function setup(prompts: Array<Partial<NewPrompt>>) {
  const database = await setupDatabase();
  const { pool } = database;
  const { userId } = await createUser(pool);
  for (const prompt of prompts) await insertPrompt(pool, userId, { ...blank, ...prompt });
  const find = async (filter: PromptFilter) =>
    (await listPrompts(pool, userId, filter, null, 100)).prompts.map(({ name }) => name).toSorted();
  return { ...database, userId, find, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

interface Plan {
  'Node Type': string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Plans?: Plan[];
}

/** The scans that PostgreSQL plans for a list, as `index: condition`. */
async function scansOf(client: pg.PoolClient, userId: string, filter: PromptFilter): Promise<string[]> {
  let scans: string[] = [];
  const query = async (sql: string, values: unknown[]) => {
    const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${sql}`, values);
    const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
    scans = nodesOf(rows[0]['QUERY PLAN'][0].Plan)
      .filter(({ 'Node Type': type }) => /Scan$/.test(type) && !/^(Bitmap Heap|Subquery) /.test(type))
      .map((node) => `${node['Index Name']}: ${node['Index Cond']}`);
    return { rows: [] };
  };
  await listPrompts({ query: query as unknown as Queryable['query'] }, userId, filter, null, 20);
  return scans;
}

describe('searching prompts', () => {
  it('finds a part of the name or of the description, whatever the case', async () => {
    await using test = await setup([
      { name: 'AI Code Reviewer', description: 'Reviews code for best practices' },
      { name: 'Übersetzer', description: 'Translates into ÉLÉGANT French\nand back' },
      { name: 'Short', description: null },
    ]);
    const { find } = test;
    expect(await find({ q: 'code rev' })).toEqual(['AI Code Reviewer']);
    expect(await find({ q: 'REVIEW' })).toEqual(['AI Code Reviewer']);
    expect(await find({ q: 'übers' })).toEqual(['Übersetzer']);
    expect(await find({ q: 'élégant f' })).toEqual(['Übersetzer']);
    expect(await find({ q: 'c' })).toEqual(['AI Code Reviewer', 'Übersetzer']);
    expect(await find({ q: 'sh' })).toEqual(['Short']);
    expect(await find({ q: 'nothing like it' })).toEqual([]);
    expect(await find({})).toHaveLength(3);
  });

  it('takes every character for itself', async () => {
    const names = [
      '100%',
      '100 percent',
      'a_b',
      'aXb',
      'back\\slash',
      'backslash',
      "quo'te",
      '{{x}}',
      '日本語の詩',
    ];
    await using test = await setup(names.map((name) => ({ name })));
    const { find } = test;
    for (const q of ['%', '_', '\\', "'", '{{', '0%', 'a_b', 'k\\s', '本語', '日', '$1', '(', '%%', '\\%'])
      expect([q, await find({ q })]).toEqual([q, names.filter((name) => name.includes(q)).toSorted()]);
  });

  it('finds prompts that have all of the tags and one of the statuses', async () => {
    await using test = await setup([
      { name: 'a', tags: ['x', 'y'] },
      { name: 'b', tags: ['y'] },
      { name: 'c', tags: ['x', 'y', 'z'] },
      { name: 'd' },
    ]);
    const { find, pool } = test;
    await pool.query(`UPDATE prompts SET status = 'PUBLISHED', published_at = now() WHERE name = 'a'`);
    await pool.query(`UPDATE prompts SET status = 'ARCHIVED' WHERE name = 'b'`);
    expect(await find({ tags: ['y'] })).toEqual(['a', 'b', 'c']);
    expect(await find({ tags: ['x', 'y'] })).toEqual(['a', 'c']);
    expect(await find({ tags: ['X'] })).toEqual([]);
    expect(await find({ tags: [] })).toHaveLength(4);
    expect(await find({ status: ['PUBLISHED', 'ARCHIVED'] })).toEqual(['a', 'b']);
    expect(await find({ status: ['DRAFT'], tags: ['z'], q: 'C' })).toEqual(['c']);
  });

  it("finds nobody else's", async () => {
    await using test = await setup([{ name: 'mine' }]);
    const { pool, find } = test;
    const { userId: other } = await createUser(pool);
    await insertPrompt(pool, other, { ...blank, name: 'mine, too', tags: ['t'] });
    expect(await find({ q: 'mine' })).toEqual(['mine']);
    expect(await find({ tags: ['t'] })).toEqual([]);
  });
});

describe('idx_prompts_search', () => {
  it('serves words, tags, and what has too few letters for a trigram, each within one user', async () => {
    await using test = await setup([]);
    const client = await test.pool.connect();
    try {
      await client.query(
        `INSERT INTO prompts (id, user_id, name, description, template, variables, tags)
         SELECT n, $1, md5(n::text), md5(n::text), repeat('x', 1500), '[]', ARRAY['t' || n] FROM generate_series(1, 2000) n`,
        [test.userId],
      );
      await client.query('VACUUM ANALYZE prompts');
      // Where a user has so little, PostgreSQL may also read all of it by another index.
      await client.query(`SET enable_seqscan = off;
        BEGIN; DROP INDEX idx_prompts_user_created, idx_prompts_user_status, prompts_created_at_idx`);
      const owner = `(user_id = '${test.userId}'::text)`;
      const [words, more] = await scansOf(client, test.userId, { q: 'review' });
      expect(words).toBe(`idx_prompts_search: (${owner} AND (name ~~* '%review%'::text))`);
      expect(more).toBe(`idx_prompts_search: (${owner} AND (description ~~* '%review%'::text))`);
      for (const filter of [{ tags: ['a'] }, { q: 're' }, { q: '%' }, { tags: ['a'], q: 'x' }]) {
        const scans = await scansOf(client, test.userId, filter);
        expect(scans.length).toBeGreaterThan(0);
        for (const scan of scans) expect(scan).toContain(owner);
      }
    } finally {
      client.release(true);
    }
  });
});
