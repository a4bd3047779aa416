import { createExecution, createPrompt, createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../database.fixture.ts';
import {
  findEnded,
  findExecution,
  type ListFilter,
  type ListPosition,
  listExecutions,
  listLogs,
} from './queries.ts';
import { insertRows, row } from './rows.fixture.ts';

const noon = new Date('2030-01-01T12:00:00.000Z');
const later = (ms: number) => new Date(noon.getTime() + ms);

/** Walks all pages of a list. @returns the ids in the order they came. */
async function walk({ pool, userId }: Fixture, limit: number, filter: ListFilter = {}): Promise<string[]> {
  const ids: string[] = [];
  let after: ListPosition | null = null;
  for (;;) {
    const page = await listExecutions(pool, userId, filter, after, limit);
    ids.push(...page.map(({ id }) => id));
    after = page.at(-1) ?? null;
    if (!after || page.length < limit) return ids;
  }
}

describe('listExecutions', () => {
  it('walks through many of the same millisecond without a gap and without a double', async () => {
    await using database = await setup();
    const rows = Array.from({ length: 60 }, (_, n) =>
      row('PENDING', { id: `e${String(n).padStart(2, '0')}`, created_at: later(Math.floor(n / 25)) }),
    );
    await insertRows(
      database,
      rows.toSorted(() => Math.random() - 0.5),
    );
    const newestFirst = rows.map(({ id }) => id).toReversed();
    for (const limit of [1, 7, 25, 100]) expect(await walk(database, limit)).toEqual(newestFirst);
  });

  it('keeps its place while newer ones arrive', async () => {
    await using database = await setup();
    await insertRows(database, [
      row('PENDING', { id: 'a', created_at: noon }),
      row('PENDING', { id: 'b', created_at: noon }),
    ]);
    const [first] = await listExecutions(database.pool, database.userId, {}, null, 1);
    await insertRows(database, [row('PENDING', { id: 'c', created_at: noon })]);
    const rest = await listExecutions(database.pool, database.userId, {}, first ?? null, 10);
    expect([first?.id, ...rest.map(({ id }) => id)]).toEqual(['b', 'a']);
  });

  it('filters by status, prompt and time, alone and together', async () => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    const otherPrompt = await createPrompt(pool, { userId });
    await insertRows(database, [
      row('PENDING', { id: 'a', created_at: later(0), prompt_id: promptId }),
      row('RUNNING', { id: 'b', created_at: later(1), prompt_id: promptId }),
      row('FAILED', { id: 'c', created_at: later(2), prompt_id: otherPrompt }),
      row('FAILED', { id: 'd', created_at: later(3), prompt_id: promptId }),
    ]);
    const cases: Array<[ListFilter, string]> = [
      [{}, 'dcba'],
      [{ status: ['FAILED'] }, 'dc'],
      [{ status: ['PENDING', 'RUNNING'] }, 'ba'],
      [{ promptId: otherPrompt }, 'c'],
      [{ createdFrom: later(1) }, 'dcb'],
      [{ createdBefore: later(3) }, 'cba'],
      [{ createdFrom: later(1), createdBefore: later(3) }, 'cb'],
      [{ status: ['FAILED'], promptId, createdFrom: later(3) }, 'd'],
      [{ promptId: 'nowhere' }, ''],
    ];
    for (const [filter, ids] of cases) {
      expect([filter, (await walk(database, 2, filter)).join('')]).toEqual([filter, ids]);
    }
  });

  it("shows nobody another user's", async () => {
    await using database = await setup();
    await createExecution(database.pool, database.owner);
    const stranger = await createUser(database.pool);
    const { promptId } = database;
    expect(await listExecutions(database.pool, stranger.userId, { promptId }, null, 100)).toEqual([]);
  });
});

describe('findExecution', () => {
  it("finds one's own, for an operator any, and for nobody else", async () => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    const id = await createExecution(pool, database.owner, { context: { ticket: 7 }, priority: 'HIGH' });
    const stranger = await createUser(pool);
    const found = await findExecution(pool, userId, id);
    expect(found).toMatchObject({
      id,
      userId,
      promptId,
      inputs: { text: 'hello' },
      context: { ticket: 7 },
      priority: 'HIGH',
      costIsComplete: true,
      createdAt: expect.any(Date),
      attempts: [],
      verdicts: [],
    });
    expect(await findExecution(pool, null, id)).toEqual(found);
    expect(await findExecution(pool, stranger.userId, id)).toBeNull();
    expect(await findExecution(pool, userId, 'nowhere')).toBeNull();
  });
});

describe('listLogs', () => {
  it('walks through lines of the same millisecond without a gap and without a double, oldest first', async () => {
    await using database = await setup();
    const { pool } = database;
    const id = await createExecution(pool, database.owner);
    const other = await createExecution(pool, database.owner);
    await pool.query('DELETE FROM execution_logs');
    const names = Array.from({ length: 30 }, (_, n) => `l${String(n).padStart(2, '0')}`);
    const lines = names.map((name, n) => ({
      id: name,
      execution_id: id,
      message: name,
      timestamp: later(Math.floor(n / 20)),
    }));
    await pool.query(
      `INSERT INTO execution_logs (id, execution_id, message, timestamp)
       SELECT id, execution_id, message, timestamp FROM json_populate_recordset(null::execution_logs, $1)`,
      [JSON.stringify([...lines.toReversed(), { ...lines[0], id: 'other', execution_id: other }])],
    );
    for (const limit of [1, 7, 30]) {
      const seen: string[] = [];
      let page = await listLogs(pool, id, null, limit);
      while (page.length > 0) {
        seen.push(...page.map(({ message }) => message));
        page = await listLogs(pool, id, page.at(-1) ?? null, limit);
      }
      expect(seen).toEqual(names);
    }
  });
});

describe('findEnded', () => {
  it('tells which have ended, and how', async () => {
    await using database = await setup();
    const rows = (['PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const).map((status) =>
      row(status, { id: status }),
    );
    await insertRows(database, rows);
    const ended = await findEnded(database.pool, [...rows.map(({ id }) => id), 'nowhere']);
    expect(Object.fromEntries(ended)).toEqual({
      COMPLETED: 'COMPLETED',
      FAILED: 'FAILED',
      CANCELLED: 'CANCELLED',
    });
    expect(await findEnded(database.pool, [])).toEqual(new Map());
  });
});
