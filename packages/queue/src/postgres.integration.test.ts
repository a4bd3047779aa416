import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { bell, setup } from './conformance.fixture.ts';

describe('a bell on PostgreSQL', () => {
  it('does not wait for the disk', async () => {
    await using bench = await setup('postgres');
    await using stack = new AsyncDisposableStack();
    const pool = stack.adopt(new pg.Pool({ connectionString: bench.link.url }), (opened) => opened.end());
    const database = new URL(bench.link.url).pathname.slice(1);
    await pool.query(`ALTER DATABASE ${pg.escapeIdentifier(database)} SET synchronous_commit = on`);
    // What is current while a bell is written, seen from inside.
    await pool.query(`
      CREATE TABLE seen (setting text);
      CREATE FUNCTION note_setting() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO public.seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
      CREATE TRIGGER note_setting AFTER INSERT ON bullmq.job EXECUTE FUNCTION note_setting();`);
    await bench.producer().ring([bell()]);
    expect((await pool.query('SELECT setting FROM seen')).rows).toEqual([{ setting: 'off' }]);
  });
});
