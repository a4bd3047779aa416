import type { Settlement } from '@formaops/db';
import { createSignals, openQueueConnection } from '@formaops/queue';
import { createExecution, hasRedis, testRedis } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { startTestApp } from '../app.fixture.ts';
import { call } from '../http/call.fixture.ts';
import { until } from '../until.fixture.ts';
import { finish, start } from '../worker.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

const failed: Partial<Settlement> = {
  status: 'FAILED',
  error: { code: 'PROVIDER_AUTH', message: 'no' },
  output: null,
  validatedOutput: undefined,
  validationStatus: 'SKIPPED',
  verdicts: [],
};

describe('cancelling', () => {
  it('ends a waiting execution at once, with both times, without a cost', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    const { status, body } = await user.post(`/v1/executions/${id}/cancel`);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        id,
        status: 'CANCELLED',
        validationStatus: 'SKIPPED',
        costUsd: null,
        latencyMs: null,
        attempt: 0,
      },
    });
    expect(body['completedAt']).not.toBeNull();
    expect(body['startedAt']).toBe(body['completedAt']);
    expect((await user.get(`/v1/executions/${id}`)).body).toMatchObject(body);
  });

  it('shows no inputs, context or output', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user, {
      inputs: { text: 'canary-5f3a' },
      context: 'canary-5f3a',
    });
    expect((await user.post(`/v1/executions/${id}/cancel`)).text).not.toContain('canary-5f3a');
  });

  it('tells everybody what has ended, and workers what they should stop', async () => {
    const told: string[] = [];
    const signals = {
      publishCancel: ([id]: readonly string[]) => void told.push(`cancel ${id}`),
      publishFinished: ([id]: readonly string[]) => void told.push(`finished ${id}`),
    };
    await using app = await startTestApp(api.db, { signals });
    const user = await api.user();
    const [waiting, running] = [await createExecution(api.db, user), await createExecution(api.db, user)];
    await start(api.db, running);
    for (const id of [waiting, running]) {
      const headers = { authorization: `Bearer ${user.apiKey}` };
      await call(`${app.url}/v1/executions/${id}/cancel`, { method: 'POST', headers });
    }
    expect(told).toEqual([`finished ${waiting}`, `cancel ${running}`]);
  });

  it('is told to whoever waits for the end', async () => {
    const user = await api.user();
    const { body } = await user.submit();
    const waiting = user.get(`/v1/executions/${body['id']}?wait=60`);
    await user.post(`/v1/executions/${body['id']}/cancel`);
    expect(await waiting).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
  });

  it('records the wish for an execution that runs, and changes nothing else', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    const token = await start(api.db, id);
    const answer = await user.post(`/v1/executions/${id}/cancel`);
    expect(answer).toMatchObject({ status: 202, body: { status: 'RUNNING', completedAt: null } });
    expect(answer.body['cancelRequestedAt']).not.toBeNull();
    await finish(api.db, id, { token });
    expect((await user.get(`/v1/executions/${id}`)).body).toMatchObject({
      status: 'CANCELLED',
      costUsd: '0.000005',
    });
  });

  it('twice changes nothing more, while it runs and afterwards', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    const token = await start(api.db, id);
    const cancel = () => user.post(`/v1/executions/${id}/cancel`);
    const first = await cancel();
    expect(await cancel()).toMatchObject({ status: 202, body: first.body });
    await finish(api.db, id, { token });
    const [third, fourth] = [await cancel(), await cancel()];
    expect(third).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
    expect(fourth.body).toEqual(third.body);
  });

  it.each([
    ['COMPLETED', {}],
    ['FAILED', failed],
  ])('is refused once the execution is %s', async (status, changes) => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await finish(api.db, id, changes);
    const answer = await user.post(`/v1/executions/${id}/cancel`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'EXECUTION_ALREADY_FINISHED' } });
    expect((await user.get(`/v1/executions/${id}`)).body).toMatchObject({ status, cancelRequestedAt: null });
  });

  it('by many at once ends the execution once', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => user.post(`/v1/executions/${id}/cancel`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    const { rows } = await api.db.query(
      'SELECT to_status FROM execution_transitions WHERE execution_id = $1',
      [id],
    );
    expect(rows).toEqual([{ to_status: 'CANCELLED' }]);
  });

  it('does not look at a body', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    expect((await user.post(`/v1/executions/${id}/cancel`, '{"no": "JSON')).status).toBe(200);
  });
});

describe.each(hasRedis ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])(
  'with the queue on %s, cancelling',
  (server) => {
    it('tells the worker of a running execution, and takes back the bell of a waiting one', async () => {
      await using stack = new AsyncDisposableStack();
      const changes = server === 'Redis' ? { QUEUE_URL: (await testRedis()).redisUrl } : {};
      const own = stack.use(await startTestApi(changes));
      const user = await own.user();
      const location = { queueUrl: changes.QUEUE_URL, databaseUrl: own.databaseUrl, log: own.log };
      const queue = stack.adopt(openQueueConnection(location), (opened) => opened.close());
      const told = new Set<string>();
      const onCancel = (ids: readonly string[]) => {
        for (const id of ids) told.add(id);
      };
      const signals = stack.adopt(createSignals(queue, { onCancel }), (opened) => opened.close());
      const board = stack.adopt(queue.newQueue('board'), (opened) => opened.close());
      await signals.ready();
      const [running, waiting] = [await user.submit(), await user.submit()].map(({ body }) =>
        String(body['id']),
      );
      for (const id of [running, waiting]) await until(() => board.getJob(`${id}_0`), Boolean);
      await start(own.db, String(running));
      await user.post(`/v1/executions/${waiting}/cancel`);
      await until(
        // The API may not be heard yet; asking once more does no harm.
        async () => void (await user.post(`/v1/executions/${running}/cancel`)),
        () => told.has(String(running)),
      );
      expect([...told]).toEqual([running]);
      await until(
        () => board.getJob(`${waiting}_0`),
        (job) => job === undefined || job === null,
      );
      expect((await board.getJob(`${running}_0`))?.data).toEqual({ v: 1 });
    });
  },
);
