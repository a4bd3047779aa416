import { once } from 'node:events';
import { connect } from 'node:net';
import type { JsonObject } from '@formaops/core';
import type { Queryable } from '@formaops/db';
import { createSignals, openQueueConnection } from '@formaops/queue';
import { createExecution, hasRedis, testRedis } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { startTestApp } from '../app.fixture.ts';
import { type Answer, call, problemsOf } from '../http/call.fixture.ts';
import { requestText } from '../http/speak.fixture.ts';
import { until } from '../until.fixture.ts';
import { finish } from '../worker.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

/** Waits until the user has an execution. @returns its id. */
async function submittedId({ db }: TestApi, { userId }: TestClient): Promise<string> {
  const ask = () => db.query('SELECT id FROM executions WHERE user_id = $1', [userId]);
  const { rows } = await until(ask, ({ rowCount }) => rowCount === 1);
  return rows[0].id;
}

const ended = {
  status: 'COMPLETED',
  output: '{"answer":42}',
  attempts: [{ attempt: 1 }],
  verdicts: [{ outcome: 'PASSED' }],
};

describe('?wait', () => {
  it('answers a submission with the result, 200, when it ends in time', async () => {
    const user = await api.user();
    const answer = user.submit({}, '?wait=60');
    const id = await submittedId(api, user);
    await finish(api.db, id);
    const { status, headers, body } = await answer;
    expect({ status, location: headers.get('location'), body }).toMatchObject({
      status: 200,
      location: `/v1/executions/${id}`,
      body: { id, ...ended },
    });
  });

  it('answers a read with the result when the execution ends in time', async () => {
    const user = await api.user();
    const id = await createExecution(api.db, user);
    const answer = user.get(`/v1/executions/${id}?wait=60`);
    await finish(api.db, id);
    expect(await answer).toMatchObject({ status: 200, body: { id, ...ended } });
  });

  it('answers a read at once when the execution has ended', async () => {
    // Nobody wakes this app's waiters, and they do not look for themselves.
    await using app = await startTestApp(api.db);
    const user = await api.user();
    const id = await createExecution(api.db, user);
    await finish(api.db, id);
    const headers = { authorization: `Bearer ${user.apiKey}` };
    const answer = await call(`${app.url}/v1/executions/${id}?wait=60`, { headers });
    expect(answer).toMatchObject({ status: 200, body: ended });
  });

  it('answers with what is true when the time is over: 202 to a submission, 200 to a read', async () => {
    const user = await api.user();
    const submitted = await user.submit({}, '?wait=0.01');
    expect(submitted).toMatchObject({ status: 202, body: { status: 'PENDING', attempts: [], verdicts: [] } });
    const read = await user.get(`/v1/executions/${submitted.body['id']}?wait=0.01`);
    expect(read).toMatchObject({ status: 200, body: { status: 'PENDING' } });
  });

  it('does not wait when it is 0', async () => {
    const user = await api.user();
    const { status, body } = await user.submit({}, '?wait=0');
    expect(status).toBe(202);
    expect((await user.get(`/v1/executions/${body['id']}?wait=0`)).status).toBe(200);
  });

  it.each(['', '%20', '-1', '61', '60.001', '1e1', '0x10', 'abc', 'Infinity', 'NaN', '1&wait=2', '+5'])(
    'cannot be %j',
    async (wait) => {
      const user = await api.user();
      const problems = [
        ...problemsOf(await user.submit({}, `?wait=${wait}`)),
        ...problemsOf(await user.get(`/v1/executions/no-such-execution?wait=${wait}`)),
      ];
      expect(problems.map((problem) => problem.split(' ')[1])).toEqual(['/wait', '/wait']);
      const { rowCount } = await api.db.query('SELECT FROM executions WHERE user_id = $1', [user.userId]);
      expect(rowCount).toBe(0);
    },
  );
});

describe.each(hasRedis ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])(
  'with the queue on %s, a waiting request',
  (server) => {
    it('is woken by a message from another process', async () => {
      const changes = server === 'Redis' ? { QUEUE_URL: (await testRedis()).redisUrl } : {};
      await using own = await startTestApi(changes);
      const user = await own.user();
      const id = await createExecution(own.db, user);
      const queue = openQueueConnection({
        queueUrl: changes.QUEUE_URL,
        databaseUrl: own.databaseUrl,
        log: own.log,
      });
      const signals = createSignals(queue);
      await signals.ready();
      // Nothing has ended: only the message can make it answer. It is sent until it is heard.
      let answer: Answer | undefined;
      const request = user.get(`/v1/executions/${id}?wait=60`).then((given) => {
        answer = given;
      });
      await until(
        async () => signals.publishFinished([id]),
        () => answer !== undefined,
      );
      await request;
      expect(answer).toMatchObject({ status: 200, body: { status: 'PENDING' } });
      await signals.close();
      await queue.close();
    });
  },
);

describe('a waiting request', () => {
  /** An app whose waiting can be watched. */
  async function setup(stack: AsyncDisposableStack) {
    const user = await api.user();
    const waiting = Promise.withResolvers<AbortSignal>();
    const disposed = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const waiters = {
      expect: () => ({
        endedWithin: (_ms: number, signal: AbortSignal) => {
          waiting.resolve(signal);
          return signal.aborted ? Promise.resolve() : once(signal, 'abort').then(() => undefined);
        },
        [Symbol.dispose]: () => disposed.resolve(),
      }),
      wake: () => undefined,
      start: () => undefined,
      stop: () => undefined,
    };
    const asked = Promise.withResolvers<void>();
    const query = async (text: string, parameters: unknown[]) => {
      if (text.includes('FROM executions e')) {
        asked.resolve();
        await gate.promise;
      }
      return api.db.query(text, parameters);
    };
    const app = stack.use(await startTestApp({ query } as unknown as Queryable, { waiters }));
    const id = await createExecution(api.db, user);
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    const authorization = `Authorization: Bearer ${user.apiKey}`;
    socket.write(requestText(`GET /v1/executions/${id}?wait=60`, [authorization]));
    return {
      app,
      socket,
      waiting: waiting.promise,
      disposed: disposed.promise,
      asked: asked.promise,
      answerQueries: gate.resolve,
    };
  }

  it('stops to wait when its client goes away', async () => {
    await using stack = new AsyncDisposableStack();
    const { socket, waiting, disposed, answerQueries } = await setup(stack);
    answerQueries();
    expect((await waiting).aborted).toBe(false);
    socket.destroy();
    await disposed;
  });

  it('does not begin to wait when its client went away before', async () => {
    await using stack = new AsyncDisposableStack();
    const { app, socket, waiting, asked, disposed, answerQueries } = await setup(stack);
    await asked;
    socket.destroy();
    await until(
      async () => app.log.lines,
      (lines) => lines.some(({ message }) => message === 'request answered'),
    );
    answerQueries();
    expect((await waiting).aborted).toBe(true);
    await disposed;
  });

  it('is answered with what is true when the API stops', async () => {
    await using own = await startTestApi();
    const user = await own.user();
    const submission = user.submit({}, '?wait=60');
    const id = await submittedId(own, user);
    await own.stop();
    expect(await submission).toMatchObject({ status: 202, body: { id, status: 'PENDING' } as JsonObject });
  });
});
