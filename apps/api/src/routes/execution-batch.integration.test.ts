import type { JsonObject } from '@formaops/core';
import { createGroupCommit, type Inserted, insertExecutions, type NewExecution } from '@formaops/db';
import type { Bell } from '@formaops/queue';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { noProducer, startTestApp } from '../app.fixture.ts';
import { type Answer, call, problemsOf } from '../http/call.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

interface ItemAnswer {
  status: number;
  isReplay?: boolean;
  execution?: JsonObject;
  error?: JsonObject;
  retryAfter?: number | null;
}

const itemFor = ({ promptId }: TestClient, changes: object = {}) => ({
  promptId,
  inputs: { text: 'hello' },
  ...changes,
});
const itemsFor = (user: TestClient, count: number) =>
  Array.from({ length: count }, (_, n) => itemFor(user, { inputs: { text: `item ${n}` } }));
const send = (user: TestClient, items: unknown[]) => user.post('/v1/executions/batch', { items });
const answersIn = ({ body }: Answer) => body['data'] as unknown as ItemAnswer[];
const codesIn = (answer: Answer) => answersIn(answer).map(({ status, error }) => error?.['code'] ?? status);

/** An app whose statements a test may fail, and whose bells it sees. */
async function startApp(
  write = (rows: NewExecution[]): Promise<Inserted[]> => insertExecutions(api.db, rows),
) {
  const statements: number[] = [];
  const bells: Array<readonly Bell[]> = [];
  const insert = createGroupCommit(
    async (rows: NewExecution[]) => {
      statements.push(rows.length);
      return write(rows);
    },
    { maxRows: 128 },
  );
  const producer = { ...noProducer, ring: async (rung: readonly Bell[]) => void bells.push(rung) };
  const app = await startTestApp(api.db, { insert, producer });
  return {
    statements,
    bells,
    log: app.log,
    send: ({ apiKey }: TestClient, items: unknown[], headers = {}) =>
      call(`${app.url}/v1/executions/batch`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, ...headers },
        body: { items },
      }),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

async function textsOf({ userId }: TestClient): Promise<string[]> {
  const sql = `SELECT inputs->>'text' AS text FROM executions WHERE user_id = $1`;
  return (await api.db.query(sql, [userId])).rows.map(({ text }) => text).toSorted();
}

describe('POST /v1/executions/batch', () => {
  it('submits each item, and answers in their order', async () => {
    const user = await api.user();
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const answer = await send(user, [
      itemFor(user, { inputs: { text: 'a' }, priority: 'HIGH' }),
      itemFor(user, { inputs: { text: 'b' }, runAt }),
    ]);
    expect(answer).toMatchObject({ status: 200, body: { accepted: 2, refused: 0 } });
    const [a, b] = answersIn(answer);
    expect([a, b]).toMatchObject([
      { status: 202, isReplay: false, execution: { status: 'PENDING', priority: 'HIGH', runAt: null } },
      { status: 202, isReplay: false, execution: { status: 'PENDING', priority: 'NORMAL', runAt } },
    ]);
    expect((await user.get(`/v1/executions/${b?.execution?.['id']}`)).body).toMatchObject({
      inputs: { text: 'b' },
    });
    expect(answer.text).not.toContain('inputs');
  });

  it('refuses what is wrong with one item without a word about the others', async () => {
    const [user, other] = [await api.user(), await api.user()];
    const answer = await send(user, [
      itemFor(user, { inputs: { text: 'first' } }),
      itemFor(other),
      itemFor(user, { inputs: {} }),
      itemFor(user, { priority: 'URGENT', unknown: 1 }),
      itemFor(user, { inputs: { text: 'a\0b' } }),
      { ...itemFor(user), context: JSON.parse('{"__proto__":{"a":1}}') },
      'no item',
      null,
      itemFor(user, { context: 'x'.repeat(1_000_000) }),
      itemFor(user, { inputs: { text: 'last' } }),
    ]);
    expect(answer).toMatchObject({ status: 200, body: { accepted: 2, refused: 8 } });
    expect(codesIn(answer)).toEqual([
      202,
      'NOT_FOUND',
      ...Array(6).fill('INVALID_REQUEST'),
      'PAYLOAD_TOO_LARGE',
      202,
    ]);
    const problems = answersIn(answer).map(({ error }) =>
      ((error?.['errors'] ?? []) as JsonObject[]).map(({ code, pointer }) => `${code} ${pointer}`),
    );
    expect(problems.slice(2, 8)).toEqual([
      ['VARIABLE_MISSING /inputs/text'],
      ['INVALID_ENUM /priority', 'UNKNOWN_FIELD /unknown'],
      ['INVALID_CHARACTER /inputs/text'],
      ['FORBIDDEN_KEY /context/__proto__'],
      ['INVALID_TYPE '],
      ['INVALID_TYPE '],
    ]);
    expect(answersIn(answer)[1]?.retryAfter).toBeNull();
    expect(await textsOf(user)).toEqual(['first', 'last']);
  });

  it('stores items together and rings for them together', async () => {
    const user = await api.user();
    await using app = await startApp();
    expect(await app.send(user, itemsFor(user, 250))).toMatchObject({ body: { accepted: 250 } });
    // Of each hundred the first may leave before the others have come.
    expect(app.statements.length).toBeLessThanOrEqual(6);
    expect(app.bells.flat()).toHaveLength(250);
    expect(await textsOf(user)).toHaveLength(250);
  });

  it('stores the same item with the same key once, in one batch or in two', async () => {
    const user = await api.user();
    const items = ['a', 'b', 'a'].map((text) =>
      itemFor(user, { inputs: { text }, idempotencyKey: `key-${text}` }),
    );
    const first = await send(user, items);
    const ids = answersIn(first).map(({ execution }) => execution?.['id']);
    expect(ids[0]).toBe(ids[2]);
    const second = await send(user, items);
    expect(answersIn(second).map(({ execution }) => execution?.['id'])).toEqual(ids);
    expect(answersIn(second).map(({ isReplay }) => isReplay)).toEqual([true, true, true]);
    expect(await textsOf(user)).toEqual(['a', 'b']);
    const changed = itemFor(user, { inputs: { text: 'c' }, idempotencyKey: 'key-a' });
    expect(codesIn(await send(user, [changed]))).toEqual(['IDEMPOTENCY_KEY_REUSED']);
  });

  it('refuses a key for all: 422 for the header', async () => {
    const user = await api.user();
    await using app = await startApp();
    const refused = await app.send(user, [itemFor(user)], { 'idempotency-key': 'k' });
    expect(problemsOf(refused)).toEqual(['NOT_ALLOWED_HERE /Idempotency-Key']);
    expect(await textsOf(user)).toEqual([]);
  });

  it('counts each item against the limits of the plan', async () => {
    const user = await api.user('FREE');
    const answer = await send(user, [itemFor(user, { priority: 'CRITICAL' }), ...itemsFor(user, 105)]);
    expect(answer).toMatchObject({ body: { accepted: 100, refused: 6 } });
    expect(codesIn(answer)[0]).toBe('PLAN_FORBIDDEN');
    expect(answersIn(answer).at(-1)).toMatchObject({
      status: 429,
      error: { code: 'BACKLOG_LIMIT' },
      retryAfter: 1,
    });
  });

  it('tells what was stored before the database had too much to do, and does not try the rest', async () => {
    const user = await api.user();
    let written = 0;
    await using app = await startApp(async (rows) => {
      if (written >= 100) throw Object.assign(new Error('too many connections'), { code: '53300' });
      written += rows.length;
      return insertExecutions(api.db, rows);
    });
    const answer = await app.send(user, itemsFor(user, 350));
    expect(answer).toMatchObject({ status: 200, body: { accepted: 100, refused: 250 } });
    expect(new Set(codesIn(answer).slice(100))).toEqual(new Set(['DATABASE_BUSY']));
    expect(app.log.lines.filter(({ message }) => message === 'request refused')).toHaveLength(1);
    expect(answersIn(answer).at(-1)).toMatchObject({ status: 503, retryAfter: 2 });
    expect(app.statements.reduce((sum, rows) => sum + rows, 0)).toBeLessThanOrEqual(200);
    expect(await textsOf(user)).toHaveLength(100);
  });

  it('lets an item that breaks something break nothing else, and tells nobody how', async () => {
    const user = await api.user();
    await using app = await startApp(async (rows) => {
      if (rows.some(({ inputs }) => inputs['text'] === 'item 1')) throw new Error('secret');
      return insertExecutions(api.db, rows);
    });
    const answer = await app.send(user, itemsFor(user, 3));
    expect(codesIn(answer)).toEqual([202, 'INTERNAL', 202]);
    expect(answer.text).not.toContain('secret');
    expect(app.log.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'request failed' }),
    );
    expect(await textsOf(user)).toEqual(['item 0', 'item 2']);
  });

  it('takes turns with the other batches of its user', async () => {
    const user = await api.user();
    let [underWay, most] = [0, 0];
    const prompts = {
      async find() {
        underWay += 1;
        most = Math.max(most, underWay);
        await user.get('/v1/me');
        underWay -= 1;
        return null;
      },
      forget: () => undefined,
      doubt: () => true,
    };
    await using app = await startTestApp(api.db, { prompts });
    const batches = Array.from({ length: 6 }, () =>
      call(`${app.url}/v1/executions/batch`, {
        method: 'POST',
        headers: { authorization: `Bearer ${user.apiKey}` },
        body: { items: itemsFor(user, 100) },
      }),
    );
    for (const { body } of await Promise.all(batches)) expect(body).toMatchObject({ refused: 100 });
    expect(most).toBeLessThanOrEqual(200);
  });

  it('takes a thousand items of 10 kB', async () => {
    const user = await api.user();
    const items = Array.from({ length: 1_000 }, () =>
      itemFor(user, { inputs: { text: 'x'.repeat(10_000) } }),
    );
    expect(await send(user, items)).toMatchObject({ status: 200, body: { accepted: 1_000 } });
  });

  it('refuses what is no batch, and one that is too large', async () => {
    const user = await api.user();
    expect(problemsOf(await send(user, []))).toEqual(['OUT_OF_RANGE /items']);
    expect(problemsOf(await send(user, Array(1_001).fill({})))).toEqual(['OUT_OF_RANGE /items']);
    expect(problemsOf(await user.post('/v1/executions/batch', [itemFor(user)]))).toEqual(['INVALID_TYPE ']);
    const deep = `{"items":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`;
    expect(problemsOf(await user.post('/v1/executions/batch', deep))).toEqual(['JSON_TOO_DEEP ']);
    const many = `{"items":[{"a":[${'{},'.repeat(600_000)}{}]}]}`;
    expect(problemsOf(await user.post('/v1/executions/batch', many))).toEqual(['TOO_MANY_VALUES ']);
    const large = await send(user, ['x'.repeat(12_000_000)]);
    expect(large).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
  });
});
