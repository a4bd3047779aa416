import type { JsonObject } from '@formaops/core';
import { createEventPublisher, createSignals, createWatchers, openQueueConnection } from '@formaops/queue';
import { createExecution, hasRedis, testRedis } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { follow, inWords, type SseEvent } from '../events/follow.fixture.ts';
import { problemsOf } from '../http/call.fixture.ts';
import { until } from '../until.fixture.ts';
import { finish, start } from '../worker.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

const followOne = (user: TestClient, id: string, lastEventId?: string, query = '') =>
  follow(`${api.url}/v1/executions/${id}/events${query}`, user.apiKey, lastEventId);
const followAll = (user: TestClient, query = '', lastEventId?: string) =>
  follow(`${api.url}/v1/events${query}`, user.apiKey, lastEventId);

const isStatus = (status: string) => (event: SseEvent) =>
  event.type === 'status' && event.data['status'] === status;

const wholeStory = [
  'PENDING 0',
  'Execution accepted',
  'RUNNING 1',
  'Attempt started',
  'Model answered',
  'Execution completed',
  'COMPLETED 1',
  'end EXECUTION_ENDED',
];

describe('GET /v1/executions/{id}/events', () => {
  it('tells the whole story of an execution that has ended, and ends', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await finish(api.db, id);
    await using stream = await followOne(user, id);
    const events = await stream.rest();
    expect(events.map(inWords)).toEqual(wholeStory);
    expect(stream.text()).toMatch(/^retry: \d+\n\n/);
    expect(events.at(-2)?.data).toEqual({
      id,
      status: 'COMPLETED',
      attempt: 1,
      at: expect.any(String),
      validationStatus: 'PASSED',
      costUsd: '0.000005',
      latencyMs: 321,
      error: null,
      href: `/v1/executions/${id}`,
    });
    const { body } = await user.get(`/v1/executions/${id}/logs`);
    const lines = events.filter(({ type }) => type === 'log').map(({ data }) => data);
    expect(lines).toEqual((body['data'] as object[]).map((line) => ({ executionId: id, ...line })));
  });

  it('says in its headers that nobody may keep or gather it', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await using stream = await followOne(user, id);
    expect(stream.status).toBe(200);
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(stream.headers.get('content-encoding')).toBeNull();
  });

  it('goes on to tell what happens, although no message comes, and ends with the execution', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await using stream = await followOne(user, id);
    expect(await stream.next()).toMatchObject({ type: 'status', data: { status: 'PENDING' } });
    const token = await start(api.db, id);
    const begun = await stream.until(({ data }) => data['message'] === 'Attempt started');
    await finish(api.db, id, { token });
    expect(['PENDING 0', ...[...begun, ...(await stream.rest())].map(inWords)]).toEqual(wholeStory);
  });

  it('tells everybody everything once, whenever they come', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await using first = await followOne(user, id);
    const token = await start(api.db, id);
    const told = await first.until(isStatus('RUNNING'));
    await using second = await followOne(user, id);
    await finish(api.db, id, { token });
    const words = [[...told, ...(await first.rest())], await second.rest()].map((events) =>
      events.map(inWords),
    );
    expect(words.map((one) => one.toSorted())).toEqual([wholeStory.toSorted(), wholeStory.toSorted()]);
  });

  it('goes on where a client left off', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    const token = await start(api.db, id);
    const first = await followOne(user, id);
    await first.until(({ data }) => data['message'] === 'Attempt started');
    await first[Symbol.asyncDispose]();
    await finish(api.db, id, { token });
    for (const [header, query] of [
      [first.lastId(), ''],
      [undefined, `?lastEventId=${first.lastId()}`],
    ] as const) {
      await using second = await followOne(user, id, header, query);
      const events = (await second.rest()).map(inWords);
      expect(events.filter((event) => /^[A-Z]+ \d/.test(event))).toEqual(['COMPLETED 1']);
      expect(events).toEqual(expect.arrayContaining(['Model answered', 'Execution completed']));
    }
  });

  it('has nothing more to say to a client that knows the end', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await finish(api.db, id);
    const first = await followOne(user, id);
    const last = (await first.rest()).at(-1);
    expect(await followOne(user, id, last?.id)).toMatchObject({ status: 204 });
  });

  it('tells only what was asked for, and the end all the same', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await finish(api.db, id);
    const told = async (query: string) =>
      (await (await followOne(user, id, undefined, query)).rest()).map(inWords);
    expect(await told('?types=status')).toEqual([
      'PENDING 0',
      'RUNNING 1',
      'COMPLETED 1',
      'end EXECUTION_ENDED',
    ]);
    expect(await told('?types=output')).toEqual(['end EXECUTION_ENDED']);
  });

  it('tells of a cancellation at once', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await using stream = await followOne(user, id);
    await stream.next();
    await user.post(`/v1/executions/${id}/cancel`);
    expect((await stream.rest()).map(inWords).slice(-2)).toEqual(['CANCELLED 0', 'end EXECUTION_ENDED']);
  });

  it("does not know somebody else's execution from one that is not there", async () => {
    const [user, other] = [await api.user(), await api.user()];
    const id = await createExecution(api.db, other);
    for (const unknown of [id, 'no-such-execution'])
      expect(await user.get(`/v1/executions/${unknown}/events`)).toMatchObject({ status: 404 });
  });

  it('is followed as well where somebody else has asked for it before', async () => {
    const [user, other] = [await api.user(), await api.user()];
    const id = await createExecution(api.db, user);
    await other.get(`/v1/executions/${id}/events`);
    await using stream = await followOne(user, id, undefined, '?types=status');
    await stream.next();
    await finish(api.db, id);
    expect((await stream.rest()).map(inWords)).toEqual(['RUNNING 1', 'COMPLETED 1', 'end EXECUTION_ENDED']);
  });

  it('is over within five seconds when the key is revoked', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await using stream = await followOne(user, id, undefined, '?types=output');
    const { body } = await user.get('/v1/api-keys');
    const [key] = body['data'] as JsonObject[];
    const revokedAt = performance.now();
    await user.post(`/v1/api-keys/${key?.['id']}/revoke`);
    expect((await stream.rest()).map(inWords)).toEqual(['end KEY_REVOKED']);
    expect(performance.now() - revokedAt).toBeLessThan(5_000);
  });

  it.each([
    '?types=',
    '?types=all',
    '?lastEventId=x',
    '?lastEventId=1',
    '?since=1',
    '?lastEventId=1.1&lastEventId=2.2',
  ])('refuses %s', async (query) => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    expect(problemsOf(await user.get(`/v1/executions/${id}/events${query}`))).toHaveLength(1);
  });

  it('answers HEAD without a stream', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    const headers = { authorization: `Bearer ${user.apiKey}` };
    for (const path of [`/v1/executions/${id}/events`, '/v1/events']) {
      const { status, headers: answered } = await fetch(api.url + path, { method: 'HEAD', headers });
      expect([status, answered.get('content-type')]).toEqual([
        200,
        expect.stringContaining('text/event-stream'),
      ]);
    }
  });
});

describe('GET /v1/events', () => {
  it("tells what happens to the user's executions, and nothing of others or of before", async () => {
    const [user, other] = [await api.user(), await api.user()];
    await using stream = await followAll(user);
    const foreign = await createExecution(api.db, other);
    await finish(api.db, foreign);
    const { body } = await user.submit();
    await finish(api.db, String(body['id']));
    const events = await stream.until(isStatus('COMPLETED'));
    expect(events.map(inWords).toSorted()).toEqual(wholeStory.slice(0, -1).toSorted());
    expect(new Set(events.map(({ data }) => data['executionId'] ?? data['id']))).toEqual(
      new Set([body['id']]),
    );
  });

  it('tells what a client has missed', async () => {
    const user = await api.user();
    const first = await followAll(user);
    const id = await createExecution(api.db, user);
    await first.until(isStatus('PENDING'));
    await first[Symbol.asyncDispose]();
    await finish(api.db, id);
    await using second = await followAll(user, '?types=status', first.lastId());
    expect((await second.until(isStatus('COMPLETED'))).map(inWords)).toEqual(
      expect.arrayContaining(['RUNNING 1', 'COMPLETED 1']),
    );
  });

  it('has a place to come back to before anything has happened', async () => {
    const user = await api.user();
    const first = await followAll(user);
    const id = await createExecution(api.db, user);
    await first.next();
    const place = /^id: (\d+)$/m.exec(first.text())?.[1];
    await first[Symbol.asyncDispose]();
    await using second = await followAll(user, '?types=status', place);
    expect(await second.next()).toMatchObject({ data: { id, status: 'PENDING' } });
  });

  it('lets clients of one user who come back keep nobody else from the database', async () => {
    await using own = await startTestApi();
    const [user, stranger] = [await own.user(), await own.user()];
    await createExecution(own.db, user);
    for (const one of [user, stranger]) await one.get('/v1/prompts');
    const client = await own.db.connect();
    await client.query('BEGIN; LOCK TABLE execution_logs');
    let answered = 0;
    const streams = Array.from({ length: 30 }, async () => {
      await using stream = await follow(`${own.url}/v1/events`, user.apiKey, '1000');
      answered += 1;
      return stream.status;
    });
    await until(
      () => own.db.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`),
      ({ rows }) => rows.length >= 2,
    );
    const answer = await stranger.get('/v1/prompts');
    const answeredBefore = answered;
    await client.query('ROLLBACK');
    client.release();
    await Promise.all(streams);
    expect([answer.status, answeredBefore]).toEqual([200, 0]);
  });

  it('filters by prompt, type and status', async () => {
    const user = await api.user();
    await using stream = await followAll(user, `?types=status&status=COMPLETED&promptId=${user.promptId}`);
    await using elsewhere = await followAll(user, '?promptId=another-prompt');
    const id = await createExecution(api.db, user);
    await finish(api.db, id);
    expect(await stream.next()).toMatchObject({ type: 'status', data: { id, status: 'COMPLETED' } });
    expect(elsewhere.text()).not.toContain(id);
  });
});

describe.each(hasRedis ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])('with the queue on %s', (server) => {
  it('a stream tells the text that another process gets from a model', async () => {
    const changes = server === 'Redis' ? { QUEUE_URL: (await testRedis()).redisUrl } : {};
    await using own = await startTestApi(changes);
    const user = await own.user();
    const id = await createExecution(own.db, user);
    await using one = await follow(`${own.url}/v1/executions/${id}/events?types=output`, user.apiKey);
    await using all = await follow(`${own.url}/v1/events?types=output`, user.apiKey);
    const queue = openQueueConnection({
      queueUrl: changes.QUEUE_URL,
      databaseUrl: own.databaseUrl,
      log: own.log,
    });
    const watchers = createWatchers({ monotonicMs: () => performance.now() });
    const signals = createSignals(queue, { onWatch: watchers.note });
    await signals.ready();
    const attempt = { executionId: id, userId: user.userId, promptId: user.promptId, attempt: 1 };
    await until(
      async () => watchers.of(attempt, 'output'),
      ({ length }) => length > 0,
    );
    const publisher = createEventPublisher({
      watchers,
      send: signals.publishEvents,
      reportError: signals.reportError,
    });
    publisher.outputOf(attempt)('Hel');
    for (const stream of [one, all]) {
      expect(await stream.next()).toEqual({
        type: 'output',
        id: expect.any(String),
        data: { executionId: id, attempt: 1, offset: 0, text: 'Hel' },
      });
    }
    await signals.close();
    await queue.close();
  });
});
