import { createExecution, createPrompt } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { type Answer, problemsOf } from '../http/call.fixture.ts';
import { finish, start } from '../worker.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

/** PENDING executions of the user; the times are their creation. @returns their ids. */
async function createAll(user: TestClient, times: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const time of times) {
    const id = await createExecution(api.db, user);
    await api.db.query('UPDATE executions SET created_at = $2 WHERE id = $1', [id, time]);
    ids.push(id);
  }
  return ids;
}

/** Follows `nextCursor` to the end. @returns the ids of each page. */
async function pagesOf(user: TestClient, path: string): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: unknown = null;
  do {
    const join = path.includes('?') ? '&' : '?';
    const { status, body } = await user.get(cursor === null ? path : `${path}${join}cursor=${cursor}`);
    expect(status).toBe(200);
    pages.push((body['data'] as Array<{ id: string }>).map(({ id }) => id));
    cursor = body['nextCursor'];
  } while (cursor !== null);
  return pages;
}

async function idsOf(user: TestClient, query = ''): Promise<string[]> {
  return (await pagesOf(user, `/v1/executions${query}`)).flat();
}

const withoutRequestId = ({ status, body: { requestId: _, ...body } }: Answer) => ({ status, body });

describe('GET /v1/executions/:id', () => {
  it('shows what came out, every attempt and every verdict', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user, { context: { ticket: 7 }, parameters: { seed: 1 } });
    await finish(api.db, id);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const { status, body } = await user.get(`/v1/executions/${id}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id,
      status: 'COMPLETED',
      priority: 'NORMAL',
      promptId: user.promptId,
      promptVersion: 1,
      model: 'gpt-4o-mini',
      parameters: { seed: 1 },
      validationStatus: 'PASSED',
      tokenUsage: { input: 10, output: 5, total: 15, model: 'gpt-4o-mini-2024-07-18' },
      latencyMs: 321,
      costUsd: '0.000005',
      costIsComplete: true,
      error: null,
      edgeFunctionId: 'test-worker#1',
      attempt: 1,
      maxAttempts: 3,
      timeoutMs: 10_000,
      createdAt: time,
      startedAt: time,
      completedAt: time,
      deadlineAt: time,
      runAt: null,
      nextAttemptAt: null,
      cancelRequestedAt: null,
      rerunOf: null,
      redactedAt: null,
      inputs: { text: 'hello' },
      context: { ticket: 7 },
      output: '{"answer":42}',
      validatedOutput: { answer: 42 },
      attempts: [
        {
          attempt: 1,
          workerId: 'test-worker',
          startedAt: time,
          endedAt: time,
          outcome: 'SUCCEEDED',
          errorCode: null,
          inputTokens: 10,
          outputTokens: 5,
          usageIsEstimated: false,
          costUsd: '0.000004500000',
          latencyMs: 321,
        },
      ],
      verdicts: [
        {
          validationId: 'validation-1',
          validationName: 'Answer schema',
          type: 'SCHEMA',
          outcome: 'PASSED',
          code: null,
          errors: [],
          configHash: 'c0ffee',
          durationMs: 1.5,
          createdAt: time,
        },
      ],
      revalidations: [],
    });
  });

  it('shows why an execution failed', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    const error = { code: 'PROVIDER_AUTH', message: 'The model provider refuses our credential' } as const;
    await finish(api.db, id, {
      status: 'FAILED',
      error,
      output: null,
      validatedOutput: undefined,
      validationStatus: 'SKIPPED',
      verdicts: [],
    });
    expect((await user.get(`/v1/executions/${id}`)).body).toMatchObject({
      status: 'FAILED',
      error,
      output: null,
    });
  });

  it('answers HEAD like GET, without the body', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    const answer = await fetch(`${api.url}/v1/executions/${id}`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${user.apiKey}` },
    });
    expect({ status: answer.status, body: await answer.text() }).toEqual({ status: 200, body: '' });
  });
});

describe("somebody else's execution", () => {
  it.each([
    ['GET', ''],
    ['GET', '?wait=1'],
    ['GET', '/logs'],
    ['POST', '/cancel'],
    ['POST', '/redact'],
  ] as const)('is answered by %s …%s like one that does not exist', async (method, suffix) => {
    const [user, other] = [await api.user(), await api.user()];
    const theirs = await createExecution(api.db, other);
    const [foreign, unknown] = await Promise.all(
      [theirs, 'no-such-execution'].map((id) => {
        const path = `/v1/executions/${id}${suffix}`;
        return method === 'GET' ? user.get(path) : user.post(path);
      }),
    );
    expect(foreign && withoutRequestId(foreign)).toEqual(unknown && withoutRequestId(unknown));
    expect(foreign).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect((await other.get(`/v1/executions/${theirs}`)).body).toMatchObject({
      status: 'PENDING',
      cancelRequestedAt: null,
    });
  });

  it('is in no list, whatever is asked for', async () => {
    const [user, other] = [await api.user(), await api.user()];
    await createExecution(api.db, other);
    expect(await idsOf(user)).toEqual([]);
    expect(await idsOf(user, `?promptId=${other.promptId}`)).toEqual([]);
  });

  it('cannot be reached through a cursor', async () => {
    const [user, other] = [await api.user(), await api.user()];
    await createAll(other, ['2027-01-03T00:00:00Z', '2027-01-02T00:00:00Z', '2027-01-01T00:00:00Z']);
    const { body } = await other.get('/v1/executions?limit=1');
    expect((await user.get(`/v1/executions?cursor=${body['nextCursor']}`)).body).toEqual({
      data: [],
      nextCursor: null,
    });
  });
});

describe('an id', () => {
  it.each([
    '%00',
    '%ff',
    '..%2f..%2fetc%2fpasswd',
    'a'.repeat(65),
    'a'.repeat(10_000),
    'id=1%20OR%201=1',
    'a%2Fb',
    'ä',
    '%20',
  ])('such as %s is answered NOT_FOUND', async (id) => {
    const user = await api.user();
    for (const path of [`/v1/executions/${id}`, `/v1/executions/${id}/logs`, `/v1/prompts/${id}`]) {
      expect(await user.get(path)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    }
    expect(await user.post(`/v1/executions/${id}/cancel`)).toMatchObject({ status: 404 });
  });
});

describe('GET /v1/executions', () => {
  it('is empty for a new user', async () => {
    const user = await api.user();
    expect((await user.get('/v1/executions')).body).toEqual({ data: [], nextCursor: null });
  });

  it('shows no inputs, context or outputs', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user, {
      inputs: { text: 'canary-5f3a' },
      context: 'canary-5f3a',
    });
    await finish(api.db, id, { output: 'canary-5f3a', validatedOutput: 'canary-5f3a' });
    const { text, body } = await user.get('/v1/executions');
    expect(body).toMatchObject({ data: [{ id, status: 'COMPLETED', costUsd: '0.000005' }] });
    expect(text).not.toContain('canary-5f3a');
    const [shown] = body['data'] as object[];
    expect(Object.keys(shown ?? {}).filter((key) => /input|context|output/i.test(key))).toEqual([]);
  });

  it('shows the newest first, 20 of them when the request does not say', async () => {
    const user = await api.user();
    const times = Array.from(
      { length: 21 },
      (_, minute) => `2027-01-01T00:${String(minute).padStart(2, '0')}:00Z`,
    );
    const ids = await createAll(user, times);
    const pages = await pagesOf(user, '/v1/executions');
    expect(pages.map((page) => page.length)).toEqual([20, 1]);
    expect(pages.flat()).toEqual(ids.toReversed());
  });

  it.each([1, 2, 7, 100])(
    'shows each execution once, in pages of %d, also where times are equal',
    async (limit) => {
      const user = await api.user();
      const times = [3, 1, 2, 2, 1, 3, 2, 2, 2, 1, 1, 3, 2].map((day) => `2027-01-0${day}T00:00:00.123Z`);
      const ids = await createAll(user, times);
      const pages = await pagesOf(user, `/v1/executions?limit=${limit}`);
      const newestFirst = ids
        .map((id, index) => `${times[index]} ${id}`)
        .toSorted()
        .toReversed()
        .map((line) => line.split(' ')[1]);
      expect(pages.flat()).toEqual(newestFirst);
      expect(pages.every((page) => page.length <= limit)).toBe(true);
    },
  );

  it('keeps its place while new executions come in', async () => {
    const user = await api.user();
    const ids = await createAll(user, ['2027-01-02T00:00:00Z', '2027-01-01T00:00:00Z']);
    const { body } = await user.get('/v1/executions?limit=1');
    await createAll(user, ['2027-01-03T00:00:00Z']);
    expect(await idsOf(user, `?limit=1&cursor=${body['nextCursor']}`)).toEqual([ids[1]]);
  });

  it('can be asked for one status or several', async () => {
    const user = await api.user();
    const [pending, running, completed] = await createAll(user, Array(3).fill('2027-01-01T00:00:00Z'));
    await start(api.db, running ?? '');
    await finish(api.db, completed ?? '');
    expect(await idsOf(user, '?status=PENDING')).toEqual([pending]);
    expect(await idsOf(user, '?status=FAILED,CANCELLED')).toEqual([]);
    expect((await idsOf(user, '?status=RUNNING,COMPLETED')).toSorted()).toEqual(
      [running, completed].toSorted(),
    );
    expect((await pagesOf(user, '/v1/executions?limit=1&status=RUNNING,PENDING')).flat().toSorted()).toEqual(
      [running, pending].toSorted(),
    );
  });

  it('can be asked for one prompt', async () => {
    const user = await api.user();
    const promptId = await createPrompt(api.db, user);
    await createExecution(api.db, user);
    const id = await createExecution(api.db, { ...user, promptId });
    expect(await idsOf(user, `?promptId=${promptId}`)).toEqual([id]);
    expect(await idsOf(user, '?promptId=no-such-prompt')).toEqual([]);
  });

  it('can be asked for a time, with its start and without its end', async () => {
    const user = await api.user();
    const [first, second, third] = await createAll(user, [
      '2027-01-01T00:00:00.000Z',
      '2027-01-02T00:00:00.000Z',
      '2027-01-03T00:00:00.000Z',
    ]);
    expect(await idsOf(user, '?createdFrom=2027-01-02T00:00:00Z')).toEqual([third, second]);
    expect(await idsOf(user, '?createdBefore=2027-01-02T00:00:00Z')).toEqual([first]);
    expect(
      await idsOf(user, '?createdFrom=2027-01-02T01:00:00%2B01:00&createdBefore=2027-01-02T00:00:00.001Z'),
    ).toEqual([second]);
    expect(await idsOf(user, '?createdFrom=2027-01-03T00:00:00Z&createdBefore=2027-01-01T00:00:00Z')).toEqual(
      [],
    );
  });

  it.each([
    ['limit=0', 'OUT_OF_RANGE /limit'],
    ['limit=101', 'OUT_OF_RANGE /limit'],
    ['limit=-1', 'INVALID_VALUE /limit'],
    ['limit=1e9', 'INVALID_VALUE /limit'],
    ['limit=', 'INVALID_VALUE /limit'],
    ['limit=10&limit=20', 'INVALID_TYPE /limit'],
    ['status=pending', 'INVALID_ENUM /status/0'],
    ['status=', 'INVALID_ENUM /status/0'],
    ['status=PENDING,', 'INVALID_ENUM /status/1'],
    ['status=PENDING&status=FAILED', 'INVALID_TYPE /status'],
    ['status=PENDING,PENDING,PENDING,PENDING,PENDING,PENDING', 'OUT_OF_RANGE /status'],
    ['promptId=a%00b', 'INVALID_VALUE /promptId'],
    ['promptId=a&promptId=b', 'INVALID_TYPE /promptId'],
    ['createdFrom=yesterday', 'INVALID_VALUE /createdFrom'],
    ['createdFrom=2027-01-01', 'INVALID_VALUE /createdFrom'],
    ['createdFrom=2027-02-30T00:00:00Z', 'INVALID_VALUE /createdFrom'],
    ['createdBefore=%2B275760-09-13T00:00:00Z', 'INVALID_VALUE /createdBefore'],
    ['cursor=', 'INVALID_VALUE /cursor'],
    ['cursor=abc', 'INVALID_VALUE /cursor'],
    ['cursor=a&cursor=b', 'INVALID_TYPE /cursor'],
    ['userId=somebody', 'UNKNOWN_FIELD /userId'],
    ['a[b]=1', 'UNKNOWN_FIELD /a[b]'],
    ['__proto__=1', 'UNKNOWN_FIELD /__proto__'],
    ['wait=1', 'UNKNOWN_FIELD /wait'],
  ])('refuses ?%s', async (query, problem) => {
    const user = await api.user();
    expect(problemsOf(await user.get(`/v1/executions?${query}`))).toEqual([problem]);
  });

  it('refuses everything that is wrong with a query at once', async () => {
    const user = await api.user();
    const problems = problemsOf(await user.get('/v1/executions?limit=x&status=x&cursor=x&x=x'));
    expect(problems.map((problem) => problem.split(' ')[1]).toSorted()).toEqual([
      '/cursor',
      '/limit',
      '/status/0',
      '/x',
    ]);
  });
});

describe('GET /v1/executions/:id/logs', () => {
  it('tells the story in the order it happened', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await finish(api.db, id);
    const { body } = await user.get(`/v1/executions/${id}/logs`);
    expect(body['nextCursor']).toBeNull();
    expect(body['data']).toMatchObject([
      { level: 'INFO', message: 'Execution accepted', metadata: { promptVersion: 1 } },
      { level: 'INFO', message: 'Attempt started', metadata: { attempt: 1, workerId: 'test-worker' } },
      { level: 'INFO', message: 'Model answered', metadata: { latencyMs: 321 } },
      { level: 'INFO', message: 'Execution completed', metadata: { costUsd: '0.000005' } },
    ]);
  });

  it('shows each line once, in pages of any size, also where times are equal', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await api.db.query(
      `INSERT INTO execution_logs (id, execution_id, message, timestamp)
       SELECT 'line-' || n, $1, 'line ' || n, '2027-01-01T00:00:00Z' FROM generate_series(10, 60) n`,
      [id],
    );
    for (const limit of [1, 13, 100]) {
      const shown = (await pagesOf(user, `/v1/executions/${id}/logs?limit=${limit}`)).flat();
      const lines = shown.filter((line) => line.startsWith('line-'));
      expect(lines).toEqual(lines.toSorted());
      expect(new Set(shown).size).toBe(52);
      expect(shown).toHaveLength(52);
    }
  });

  it('refuses what it does not know', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    const path = `/v1/executions/${id}/logs`;
    expect(problemsOf(await user.get(`${path}?level=INFO&limit=0&cursor=x`)).toSorted()).toEqual([
      'INVALID_VALUE /cursor',
      'OUT_OF_RANGE /limit',
      'UNKNOWN_FIELD /level',
    ]);
  });
});
