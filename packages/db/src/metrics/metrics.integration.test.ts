import { executionStatuses } from '@formaops/core';
import { createPrompt, createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { createHistories } from '../audit/histories.fixture.ts';
import { type Fixture, setup } from '../database.fixture.ts';
import { insertRows, type Row, row } from '../executions/rows.fixture.ts';
import { rowsRead } from '../executions/transition/rows-read.fixture.ts';
import { openPrisma } from '../prisma-client.ts';
import { addUp, zeros } from './hand-written.fixture.ts';
import { summarizeByModel, summarizeByPrompt, summarizeExecutions } from './summarize.ts';
import { executionTimeseries } from './timeseries.ts';

const hour = 3_600_000;
const noon = new Date('2030-01-01T12:00:00.000Z');
const at = (ms: number) => new Date(noon.getTime() + ms);
const below = (limit: number) => Math.floor(Math.random() * limit);
const pick = <T>(all: readonly T[]): T => all[below(all.length)] as T;

/** Executions of everything that there is, within two days around noon; many on the hour, and of the same millisecond. */
function randomRow(owner: { user_id: string; prompt_id: string }): Row {
  const status = pick(executionStatuses);
  const isEnded = status !== 'PENDING' && status !== 'RUNNING';
  const [input, output] = [below(1_000), below(1_000)];
  return row(status, {
    created_at: at((pick([0, below(hour)]) + (below(48) - 24) * hour) as number),
    model: pick(['gpt-4o', 'gpt-4o-mini', 'mistral']),
    validation_status: isEnded ? pick(['PASSED', 'FAILED', 'SKIPPED'] as const) : 'PENDING',
    latency_ms: isEnded && below(5) > 0 ? 1 + below(50) ** 2 : null,
    cost_usd: isEnded && below(5) > 0 ? (below(10_000_000) / 1_000_000).toFixed(6) : null,
    cost_is_complete: status === 'PENDING' || below(200) > 0,
    token_usage: isEnded && below(5) > 0 ? { input, output, total: input + output, model: 'm' } : null,
    ...owner,
  });
}

async function fill(database: Fixture, count: number) {
  const { pool, userId, promptId } = database;
  const stranger = await createUser(pool);
  const [second, third] = [await createPrompt(pool, { userId }), await createPrompt(pool, { userId })];
  const foreign = await createPrompt(pool, { userId: stranger.userId });
  const rows = Array.from({ length: count }, () =>
    below(4) === 0
      ? randomRow({ user_id: stranger.userId, prompt_id: foreign })
      : randomRow({ user_id: userId, prompt_id: pick([promptId, promptId, second, third]) }),
  );
  await insertRows(database, rows);
  return { foreign, second };
}

describe('the figures', () => {
  it('are what is added up by hand, for every time and every group', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    await fill(database, 1_500);
    for (let round = 0; round < 8; round += 1) {
      const from = at((below(40) - 24) * hour + pick([0, 1, below(hour)]));
      const selection = { from, to: new Date(from.getTime() + 1 + pick([hour, below(30 * hour)])) };
      const parameters = [userId, selection.from, selection.to];
      const byHand = (by?: string) =>
        addUp(pool, 'user_id = $1 AND created_at >= $2 AND created_at < $3', parameters, by);

      const all = (await byHand()).get('all') ?? zeros;
      expect(await summarizeExecutions(pool, userId, selection)).toEqual(all);

      const prompts = await summarizeByPrompt(pool, userId, selection, 'count', 100);
      expect(new Map(prompts.map(({ prompt, ...figures }) => [prompt.id, figures]))).toEqual(
        await byHand('prompt_id'),
      );
      const models = await summarizeByModel(pool, userId, selection, 'cost', 100);
      expect(new Map(models.map(({ model, ...figures }) => [model, figures]))).toEqual(await byHand('model'));

      const parts = await executionTimeseries(pool, userId, selection, hour);
      const filled = parts.filter(({ count }) => count > 0);
      expect(new Map(filled.map(({ start, ...figures }) => [start.toISOString(), figures]))).toEqual(
        await byHand(
          `to_char(date_trunc('hour', created_at, 'UTC') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
        ),
      );
    }
  });

  it('count what the verbs did, whatever it was', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    await createHistories(database);
    const selection = { from: new Date(Date.now() - hour), to: new Date(Date.now() + hour) };
    const all = await addUp(pool, 'user_id = $1', [userId]);
    expect(await summarizeExecutions(pool, userId, selection)).toEqual(all.get('all'));
  });

  it("are those of the data model's own query", async () => {
    await using database = await setup();
    const { pool, userId } = database;
    await fill(database, 300);
    const prisma = await openPrisma(pool);
    const expected = await prisma.execution.aggregate({
      where: { userId, createdAt: { gte: at(-24 * hour) } },
      _count: { id: true },
      _avg: { latencyMs: true, costUsd: true },
      _sum: { costUsd: true },
    });
    const figures = await summarizeExecutions(pool, userId, { from: at(-24 * hour), to: at(48 * hour) });
    expect(figures.count).toBe(expected._count.id);
    expect(figures.latencyMs.average).toBeCloseTo(expected._avg.latencyMs ?? Number.NaN, 6);
    expect(figures.costUsd.sum).toBe(expected._sum.costUsd?.toFixed(6));
    expect(Number(figures.costUsd.average)).toBeCloseTo(Number(expected._avg.costUsd), 10);
    await prisma.$disconnect();
  });
});

describe('summarizeByPrompt', () => {
  it('names the prompts, largest first by what is asked for, and no more than wanted', async () => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    const dear = await createPrompt(pool, { userId });
    await pool.query(`UPDATE prompts SET name = 'Dear' WHERE id = $1`, [dear]);
    const cheap = { prompt_id: promptId, created_at: noon, cost_usd: '0.1' };
    await insertRows(database, [
      row('COMPLETED', cheap),
      row('COMPLETED', cheap),
      row('PENDING', { ...cheap, cost_usd: null }),
      row('COMPLETED', { ...cheap, prompt_id: dear, cost_usd: '9' }),
    ]);
    const selection = { from: noon, to: at(1) };
    const names = async (order: 'count' | 'cost', limit: number) =>
      (await summarizeByPrompt(pool, userId, selection, order, limit)).map(({ prompt }) => prompt.name);
    expect(await names('count', 5)).toEqual(['Test prompt', 'Dear']);
    expect(await names('cost', 5)).toEqual(['Dear', 'Test prompt']);
    expect(await names('cost', 1)).toEqual(['Dear']);
  });
});

describe('executionTimeseries', () => {
  it('has every part, the empty ones too, and of the ends only what lies in the time', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const times = [-1, 0, 14 * 60_000, 59 * 60_000, 3 * hour, 3 * hour + 1];
    await insertRows(
      database,
      times.map((time) => row('COMPLETED', { created_at: at(time) })),
    );
    const parts = await executionTimeseries(pool, userId, { from: noon, to: at(3 * hour + 1) }, hour);
    expect(parts.map(({ start, count }) => [start.toISOString().slice(11, 16), count])).toEqual([
      ['12:00', 3],
      ['13:00', 0],
      ['14:00', 0],
      ['15:00', 1],
    ]);
    expect(parts[1]).toEqual({ start: at(hour), ...zeros });
    const [inside] = await executionTimeseries(pool, userId, { from: at(1), to: at(20 * 60_000) }, hour);
    expect(inside).toMatchObject({ start: noon, count: 1 });
  });

  it("counts one prompt or one model, and nothing of somebody else's", async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const { foreign, second } = await fill(database, 400);
    const selection = { from: at(-24 * hour), to: at(24 * hour) };
    const count = async (filter: { promptId?: string; model?: string }) =>
      (await executionTimeseries(pool, userId, { ...selection, ...filter }, 24 * hour)).reduce(
        (sum, part) => sum + part.count,
        0,
      );
    const byHand = async (where: string, value: string) =>
      (await addUp(pool, `user_id = $1 AND ${where} = $2`, [userId, value])).get('all')?.count;
    expect(await count({ promptId: second })).toBe(await byHand('prompt_id', second));
    expect(await count({ model: 'mistral' })).toBe(await byHand('model', 'mistral'));
    expect([await count({ promptId: foreign }), await count({ promptId: 'nowhere' })]).toEqual([0, 0]);
  });
});

/** Until nothing has to be read but the index: whoever looks at the same rows at that moment keeps a vacuum from it. */
async function vacuum(pool: Fixture['pool']): Promise<void> {
  for (;;) {
    await pool.query('VACUUM ANALYZE');
    const { rows } = await pool.query(
      "SELECT relallvisible >= relpages AS done FROM pg_class WHERE relname = 'execution_facts'",
    );
    if (rows[0].done) return;
  }
}

describe('a dashboard', () => {
  it('reads of the executions only those that have not ended, and of the facts only the index', async () => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    const open = Array.from({ length: 5 }, () => row('PENDING', { created_at: noon }));
    await insertRows(database, open);
    await pool.query(
      `INSERT INTO executions (id, inputs, user_id, prompt_id, status, created_at, started_at, completed_at)
       SELECT 'e' || n, '{}', $1, $2, 'COMPLETED', $3::timestamptz + n * interval '1 s', now(), now()
       FROM generate_series(1, 1000) n`,
      [userId, promptId, noon],
    );
    // As many of others.
    await pool.query(
      `INSERT INTO execution_facts (execution_id, series_id, created_at, status, validation_status, cost_is_complete)
       SELECT 'f' || n, -1 - n % 20, $1::timestamptz + n * interval '1 s', 'COMPLETED', 'SKIPPED', true
       FROM generate_series(1, 60000) n`,
      [noon],
    );
    await vacuum(pool);
    // Since the statistics were taken, a stranger has submitted many.
    const stranger = await createUser(pool);
    await pool.query(
      `INSERT INTO executions (id, inputs, user_id, prompt_id, created_at)
       SELECT 's' || n, '{}', $1, $2, $3 FROM generate_series(1, 500) n`,
      [stranger.userId, promptId, noon],
    );
    const selection = { from: noon, to: at(2 * hour) };
    const read = await rowsRead(database, async (db) => {
      await summarizeExecutions(db, userId, selection).catch(() => undefined);
      await executionTimeseries(db, userId, { ...selection, promptId }, hour);
      await summarizeByPrompt(db, userId, selection, 'count', 10);
    });
    expect(read).toBeLessThanOrEqual(3 * open.length);
    const plans: string[] = [];
    const query = async (text: string, values: unknown[]) => {
      const { rows } = await pool.query(`EXPLAIN ${text}`, values);
      plans.push(rows.map((line) => line['QUERY PLAN']).join('\n'));
      return { rows: [] };
    };
    const db = { query: query as unknown as typeof pool.query };
    await summarizeByModel(db, userId, selection, 'cost', 10);
    await executionTimeseries(db, userId, selection, hour);
    for (const plan of plans) expect(plan).toContain('Index Only Scan using idx_execution_facts_series');
  });
});
