import type { JsonObject } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { problemsOf } from '../http/call.fixture.ts';
import { until } from '../until.fixture.ts';

const noon = '2030-01-01T12:00:00.000Z';
const window = 'from=2030-01-01T12:00:00Z&to=2030-01-01T16:00:00Z';

/** Executions that have ended, the given numbers of minutes after noon. */
async function load({ db }: TestApi, { userId, promptId }: TestClient, minutes: number[], model = 'gpt-4o') {
  await db.query(
    `INSERT INTO executions (id, inputs, user_id, prompt_id, model, status, validation_status, latency_ms, cost_usd,
       token_usage, created_at, started_at, completed_at)
     SELECT 'e-' || gen_random_uuid(), '{}', $1, $2, $3, 'COMPLETED', 'PASSED', 100 + m, 0.25,
       '{"input": 10, "output": 20, "total": 30, "model": "m"}', t, t, t
     FROM unnest($4::int[]) m, LATERAL (SELECT $5::timestamptz + m * interval '1 min' AS t) x`,
    [userId, promptId, model, minutes, noon],
  );
}

const entries = (body: JsonObject) => body['data'] as JsonObject[];

describe('GET /v1/metrics/summary', () => {
  it('adds up what was created within the time', async () => {
    await using api = await startTestApi();
    const user = await api.user();
    await load(api, user, [-1, 0, 30, 239, 240]);
    const { status, body } = await user.get(`/v1/metrics/summary?${window}`);
    expect([status, body]).toEqual([
      200,
      {
        from: noon,
        to: '2030-01-01T16:00:00.000Z',
        count: 3,
        countByStatus: { PENDING: 0, RUNNING: 0, COMPLETED: 3, FAILED: 0, CANCELLED: 0 },
        countByValidationStatus: { PENDING: 0, PASSED: 3, FAILED: 0, SKIPPED: 0 },
        validationPassRate: 1,
        latencyMs: { average: expect.closeTo(189.667, 3), p50: 130, p95: 339 },
        costUsd: { sum: '0.750000', average: '0.250000000000' },
        costIsComplete: true,
        tokens: { input: 30, output: 60, total: 90 },
      },
    ]);
  });

  it('is about the last 24 hours where nothing is said, and about nobody else', async () => {
    await using api = await startTestApi();
    const [user, stranger] = [await api.user(), await api.user()];
    await user.submit();
    await stranger.submit();
    await load(api, user, [0]);
    const { body } = await user.get('/v1/metrics/summary');
    expect(body).toMatchObject({ count: 1, countByStatus: { PENDING: 1 }, costUsd: { average: null } });
    const hours = Date.parse(String(body['to'])) - Date.parse(String(body['from']));
    expect(hours).toBe(86_400_000);
  });

  it.each([
    ['from=yesterday', 'INVALID_VALUE /from'],
    ['from=2030-01-01T12:00:00Z&to=2030-01-01T12:00:00Z', 'OUT_OF_RANGE /from'],
    ['from=2029-01-01T12:00:00Z&to=2030-01-01T12:00:00Z', 'OUT_OF_RANGE /from'],
    ['to=2030-01-01T12:00:00Z&user=me', 'UNKNOWN_FIELD /user'],
  ])('refuses ?%s', async (query, problem) => {
    await using api = await startTestApi();
    const user = await api.user();
    expect(problemsOf(await user.get(`/v1/metrics/summary?${query}`))).toEqual([problem]);
  });

  it('says so while earlier executions are not counted yet', async () => {
    await using api = await startTestApi();
    const user = await api.user();
    await api.db.query('UPDATE metric_backfill SET completed_at = NULL');
    for (const path of ['summary', 'prompts', 'models', 'timeseries']) {
      const { status, body, headers } = await user.get(`/v1/metrics/${path}`);
      expect([status, body['code'], headers.get('retry-after')]).toEqual([503, 'METRICS_PREPARING', '30']);
    }
  });
});

describe('GET /v1/metrics/prompts and /v1/metrics/models', () => {
  it('add up by what was run, the largest first', async () => {
    await using api = await startTestApi();
    const user = await api.user();
    await load(api, user, [1, 2, 3]);
    await load(api, user, [4], 'gpt-4o-mini');
    const prompts = await user.get(`/v1/metrics/prompts?${window}`);
    expect(entries(prompts.body)).toMatchObject([
      { prompt: { id: user.promptId, name: 'Test prompt' }, count: 4, costUsd: { sum: '1.000000' } },
    ]);
    const models = await user.get(`/v1/metrics/models?${window}&orderBy=cost`);
    expect(entries(models.body)).toMatchObject([
      { model: 'gpt-4o', count: 3 },
      { model: 'gpt-4o-mini', count: 1 },
    ]);
    const first = await user.get(`/v1/metrics/models?${window}&limit=1`);
    expect(entries(first.body)).toHaveLength(1);
    expect(problemsOf(await user.get('/v1/metrics/models?orderBy=name&limit=0'))).toEqual([
      'INVALID_ENUM /orderBy',
      'OUT_OF_RANGE /limit',
    ]);
  });
});

describe('GET /v1/metrics/timeseries', () => {
  it('has a part for each step, zeros included', async () => {
    await using api = await startTestApi();
    const user = await api.user();
    await load(api, user, [0, 59, 121]);
    const { body } = await user.get(`/v1/metrics/timeseries?${window}`);
    expect(body).toMatchObject({ from: noon, step: 'hour' });
    expect(entries(body).map(({ start, count }) => [start, count])).toEqual([
      [noon, 2],
      ['2030-01-01T13:00:00.000Z', 0],
      ['2030-01-01T14:00:00.000Z', 1],
      ['2030-01-01T15:00:00.000Z', 0],
    ]);
    const length = async (query: string) =>
      entries((await user.get(`/v1/metrics/timeseries?${query}`)).body).length;
    expect(await length(`${window}&step=minute`)).toBe(240);
    expect(await length(`${window}&step=5m`)).toBe(48);
    expect(await length(`${window}&step=day`)).toBe(1);
  });

  it('is narrowed down to a prompt or a model; what is unknown or of others gives zeros', async () => {
    await using api = await startTestApi();
    const [user, stranger] = [await api.user(), await api.user()];
    await load(api, user, [0, 1]);
    await load(api, user, [2], 'mistral');
    await load(api, stranger, [3]);
    const count = async (filter: string) => {
      const { body } = await user.get(`/v1/metrics/timeseries?${window}&step=day&${filter}`);
      return entries(body).map((part) => part['count']);
    };
    expect(await count(`promptId=${user.promptId}`)).toEqual([3]);
    expect(await count('model=mistral')).toEqual([1]);
    expect(await count(`promptId=${stranger.promptId}`)).toEqual([0]);
    expect(await count('promptId=nowhere')).toEqual([0]);
  });

  it('refuses more parts than a chart can show', async () => {
    await using api = await startTestApi();
    const user = await api.user();
    const query = 'from=2030-01-01T00:00:00Z&to=2030-01-02T01:00:01Z&step=minute';
    expect(problemsOf(await user.get(`/v1/metrics/timeseries?${query}`))).toEqual(['OUT_OF_RANGE /step']);
    expect(problemsOf(await user.get('/v1/metrics/timeseries?step=week&promptId=a/b'))).toEqual([
      'INVALID_ENUM /step',
      'INVALID_VALUE /promptId',
    ]);
    expect(problemsOf(await user.get('/v1/metrics/timeseries?model=a%00b'))).toEqual([
      'INVALID_VALUE /model',
    ]);
  });
});

describe('the figures of a user', () => {
  it('keep nobody else from the database, however many are asked for and however long they take', async () => {
    await using api = await startTestApi();
    const [user, stranger] = [await api.user(), await api.user()];
    for (const one of [user, stranger]) await one.get('/v1/prompts');
    const client = await api.db.connect();
    await client.query('BEGIN; LOCK TABLE execution_facts');
    let answered = 0;
    const asked = Array.from({ length: 30 }, async () => {
      await user.get('/v1/metrics/summary');
      answered += 1;
    });
    await until(
      () => api.db.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`),
      ({ rows }) => rows.length >= 2,
    );
    const answer = await stranger.get('/v1/prompts');
    const answeredBefore = answered;
    await client.query('ROLLBACK');
    client.release();
    await Promise.all(asked);
    expect([answer.status, answeredBefore]).toEqual([200, 0]);
  });
});

describe('GET /v1/executions', () => {
  it('tells what the prompt of each is called', async () => {
    await using api = await startTestApi();
    const user = await api.user();
    await user.submit();
    await api.db.query(`UPDATE prompts SET name = 'Renamed' WHERE id = $1`, [user.promptId]);
    const { body } = await user.get('/v1/executions');
    expect(entries(body)).toMatchObject([
      { promptId: user.promptId, prompt: { id: user.promptId, name: 'Renamed' } },
    ]);
  });
});
