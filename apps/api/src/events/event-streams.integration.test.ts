import { createExecution, createUser, recordingLog } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { closeServer, listen, portOf } from '../http/listen.ts';
import { createEventStreams } from './event-streams.ts';
import { follow } from './follow.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ MAX_STREAMS: 3, MAX_STREAMS_PER_USER: 2 });
});
afterAll(async () => api[Symbol.asyncDispose]());

describe('the streams of a process', () => {
  it('are limited for each user and altogether, and a place is free again when a client leaves', async () => {
    const [user, other] = [await api.user(), await api.user()];
    const all = `${api.url}/v1/events`;
    const first = await follow(all, user.apiKey);
    await using _second = await follow(all, user.apiKey);
    expect(await user.get('/v1/events')).toMatchObject({ status: 429, body: { code: 'TOO_MANY_STREAMS' } });
    await using _third = await follow(all, other.apiKey);
    expect(await other.get('/v1/events')).toMatchObject({ status: 503, body: { code: 'OVERLOADED' } });
    await first[Symbol.asyncDispose]();
    for (;;) {
      await using again = await follow(all, user.apiKey);
      if (again.status === 200) break;
    }
  });

  it('take no place for what is not there', async () => {
    await using own = await startTestApi({ MAX_STREAMS_PER_USER: 1 });
    const user = await own.user();
    for (let n = 0; n < 3; n += 1)
      expect(await user.get('/v1/executions/none/events')).toMatchObject({ status: 404 });
    await using stream = await follow(`${own.url}/v1/events`, user.apiKey);
    expect(stream.status).toBe(200);
  });

  it('end without a last word when the process stops, so that clients come again', async () => {
    await using own = await startTestApi();
    const user = await own.user();
    const id = await createExecution(own.db, user);
    await using one = await follow(`${own.url}/v1/executions/${id}/events?types=status`, user.apiKey);
    await using all = await follow(`${own.url}/v1/events`, user.apiKey);
    expect(await one.next()).toMatchObject({ type: 'status' });
    await own.stop();
    expect([await one.next(), await all.next()]).toEqual([null, null]);
  });
});

describe('a revoked key', () => {
  it('ends its streams, and no others', async () => {
    const streams = createEventStreams({
      db: api.db,
      maxStreams: 10,
      maxStreamsPerUser: 10,
      clock: { monotonicMs: () => performance.now() },
      log: recordingLog(),
      checkKeysMs: 50,
    });
    const [kept, revoked] = [await createUser(api.db), await createUser(api.db)];
    const app = express();
    app.get('/:userId', async (request, response) => {
      const { userId } = request.params;
      const { rows } = await api.db.query('SELECT id FROM api_keys WHERE user_id = $1', [userId]);
      streams.reserve({ keyId: rows[0].id, userId, plan: 'FREE', scopes: ['read'] }).open(response);
    });
    const server = await listen(app, 0, '127.0.0.1');
    streams.start();
    const url = `http://127.0.0.1:${portOf(server)}`;
    await using first = await follow(`${url}/${kept.userId}`, '');
    await using second = await follow(`${url}/${revoked.userId}`, '');
    await api.db.query('UPDATE api_keys SET is_active = false WHERE user_id = $1', [revoked.userId]);
    expect((await second.rest()).map(({ data }) => data)).toEqual([{ reason: 'KEY_REVOKED' }]);
    streams.stop();
    expect(await first.rest()).toEqual([]);
    await closeServer(server, 0);
  });
});
