import { randomBytes } from 'node:crypto';
import {
  createSealingKey,
  createWebhookSecret,
  deliveryDelaysMs,
  sealNonceBytes,
  sealSecret,
  webhookSecretBytes,
} from '@formaops/core';
import {
  findDelivery,
  findWebhook,
  insertTestDelivery,
  insertWebhook,
  listDeliveries,
  newId,
  openPool,
  requestCancel,
  rotateWebhookSecret,
  takeDueDeliveries,
} from '@formaops/db';
import { systemClock } from '@formaops/runtime';
import { createExecution, createPrompt, createUser, recordingLog, testDatabase } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createDeliveryLoop } from './delivery-loop.ts';
import { certificate, type Endpoint, type Received, resolveHere, startEndpoint } from './endpoint.fixture.ts';
import { createWebhookPoster } from './post-webhook.ts';

const key = createSealingKey('the key of the tests, made by nobody');

/** A user with endpoints, and workers that send to them. */
async function setup() {
  const stack = new AsyncDisposableStack();
  const { databaseUrl, drop } = await testDatabase();
  stack.defer(drop);
  const log = recordingLog();
  const pool = openPool({ databaseUrl, max: 6, applicationName: 'test', log });
  stack.defer(() => pool.end());
  const { userId } = await createUser(pool);
  const promptId = await createPrompt(pool, { userId });
  return {
    pool,
    log,
    userId,
    async register(endpoint: Pick<Endpoint, 'url'>, owner = userId) {
      const id = newId();
      const secret = createWebhookSecret(randomBytes(webhookSecretBytes));
      const sealed = sealSecret(secret, id, key, randomBytes(sealNonceBytes));
      const { url } = endpoint;
      const rest = { description: null, eventTypes: ['*'], isActive: true };
      await insertWebhook(pool, owner, { ...rest, id, url, secret: sealed });
      return { id, secret };
    },
    /** Ends an execution. @returns its id. */
    async end() {
      const id = await createExecution(pool, { userId, promptId });
      await requestCancel(pool, [{ id, userId }]);
      return id;
    },
    /** A worker that is stopped at the end of the test. */
    work({ keys = [key], leaseMs = 30_000, timeoutMs = 10_000, concurrency = 16, intervalMs = 50 } = {}) {
      const post = createWebhookPoster({
        allowPrivate: true,
        ca: certificate,
        resolve: resolveHere,
        timeoutMs,
      });
      const deps = { db: pool, post, keys, clock: systemClock, random: Math.random, log };
      const loop = createDeliveryLoop(deps, { concurrency, intervalMs, leaseMs });
      loop.start();
      stack.defer(() => loop.stop({ graceMs: 0 }));
      return loop;
    },
    async deliveries(webhookId: string) {
      return (await listDeliveries(pool, userId, webhookId, {}, null, 100)).toReversed();
    },
    /** Waits until the deliveries of an endpoint are as wished. */
    async until(webhookId: string, wished: (statuses: string[], attempts: number) => boolean) {
      for (;;) {
        const found = await this.deliveries(webhookId);
        const attempts = found.reduce((sum, one) => sum + one.attempts.length, 0);
        if (
          wished(
            found.map(({ status }) => status),
            attempts,
          )
        )
          return found;
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const allDelivered = (statuses: string[]) => statuses.every((status) => status === 'DELIVERED');

function verified(secret: string, { body, headers }: Received) {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}

describe('createDeliveryLoop', () => {
  it('tells an endpoint of an end, signed so that the library of Standard Webhooks accepts it', async () => {
    await using endpoint = await startEndpoint();
    await using bench = await setup();
    const { id, secret } = await bench.register(endpoint);
    bench.work();
    const executionId = await bench.end();
    await endpoint.hasReceived(1);
    const [sent] = endpoint.received;
    if (!sent) throw new Error('nothing came');
    const [delivery] = await bench.until(id, allDelivered);
    expect(verified(secret, sent)).toEqual({
      type: 'execution.cancelled',
      timestamp: delivery?.createdAt.toISOString(),
      data: expect.objectContaining({ id: executionId, status: 'CANCELLED' }),
    });
    expect(sent.headers).toMatchObject({
      'webhook-id': delivery?.id,
      'content-type': 'application/json',
      'user-agent': 'FormaOps-Webhooks/1',
    });
    expect(delivery?.attempts).toMatchObject([{ attempt: 1, statusCode: 204, errorCode: null }]);
  });

  it('signs with both secrets after one was replaced', async () => {
    await using endpoint = await startEndpoint();
    await using bench = await setup();
    const { id, secret } = await bench.register(endpoint);
    const renewed = createWebhookSecret(randomBytes(webhookSecretBytes));
    await rotateWebhookSecret(
      bench.pool,
      bench.userId,
      id,
      sealSecret(renewed, id, key, randomBytes(sealNonceBytes)),
    );
    await insertTestDelivery(bench.pool, bench.userId, id);
    bench.work();
    await endpoint.hasReceived(1);
    for (const one of [secret, renewed])
      expect(endpoint.received.map((sent) => verified(one, sent))).toMatchObject([
        { type: 'webhook.test', data: { webhookId: id } },
      ]);
  });

  it('repeats what failed with the same id and body, later', async () => {
    await using endpoint = await startEndpoint();
    await using bench = await setup();
    const { id } = await bench.register(endpoint);
    endpoint.answer = (_, response) =>
      void response.writeHead(endpoint.received.length < 2 ? 500 : 200).end();
    bench.work();
    await bench.end();
    const [waiting] = await bench.until(id, (_, attempts) => attempts === 1);
    const inMs = (waiting?.nextAttemptAt?.getTime() ?? 0) - (waiting?.attempts[0]?.endedAt.getTime() ?? 0);
    expect(inMs).toBeGreaterThan((deliveryDelaysMs[0] ?? 0) - 100);
    await bench.pool.query('UPDATE webhook_deliveries SET due_at = clock_timestamp()');
    const [delivered] = await bench.until(id, allDelivered);
    expect(delivered?.attempts).toMatchObject([{ statusCode: 500 }, { statusCode: 200 }]);
    const [first, second] = endpoint.received;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });

  it('sends again what a worker took that died before it wrote the result down', async () => {
    await using endpoint = await startEndpoint();
    await using bench = await setup();
    const { id } = await bench.register(endpoint);
    await bench.end();
    const options = { limit: 1, leaseMs: 200, perHost: 1, perUser: 1, underWay: [] };
    const [taken] = await takeDueDeliveries(bench.pool, options);
    bench.work();
    const [delivered] = await bench.until(id, allDelivered);
    expect(delivered).toMatchObject({ id: taken?.id, attempts: [{ attempt: 2 }] });
  });

  it('gives back what it cannot finish when it is stopped, and costs it no try', async () => {
    await using endpoint = await startEndpoint();
    await using bench = await setup();
    const { id } = await bench.register(endpoint);
    endpoint.answer = () => undefined;
    const first = bench.work();
    await bench.end();
    await endpoint.hasReceived(1);
    await first.stop({ graceMs: 0 });
    const { rows } = await bench.pool.query(
      'SELECT attempt, tries, status, due_at <= clock_timestamp() AS is_due FROM webhook_deliveries',
    );
    expect(rows).toEqual([{ attempt: 1, tries: 0, status: 'PENDING', is_due: true }]);
    endpoint.answer = (_, response) => void response.writeHead(204).end();
    bench.work();
    await bench.until(id, allDelivered);
  });

  it('finishes what is under way when it is stopped and there is time', async () => {
    await using endpoint = await startEndpoint();
    await using bench = await setup();
    const { id } = await bench.register(endpoint);
    const answered = Promise.withResolvers<void>();
    endpoint.answer = async (_, response) => {
      await answered.promise;
      response.writeHead(204).end();
    };
    const loop = bench.work();
    await bench.end();
    await endpoint.hasReceived(1);
    const stopping = loop.stop({ graceMs: 20_000 });
    answered.resolve();
    await stopping;
    expect(await bench.deliveries(id)).toMatchObject([{ status: 'DELIVERED' }]);
  });

  it('sends the next as soon as there is room, and not only when it looks again', async () => {
    await using endpoint = await startEndpoint();
    await using bench = await setup();
    await bench.register(endpoint);
    for (let count = 0; count < 3; count += 1) await bench.end();
    bench.work({ concurrency: 1, intervalMs: 3_600_000 });
    await endpoint.hasReceived(3);
  }, 20_000);

  it('lets nobody wait for an endpoint that does not answer', async () => {
    await using slow = await startEndpoint();
    await using quick = await startEndpoint();
    await using bench = await setup();
    slow.answer = () => undefined;
    const { id: stuck } = await bench.register(slow);
    for (let count = 0; count < 30; count += 1) await bench.end();
    const { userId: other } = await createUser(bench.pool);
    const { id } = await bench.register(quick, other);
    bench.work({ concurrency: 8 });
    await slow.hasReceived(4);
    for (let count = 0; count < 5; count += 1) await insertTestDelivery(bench.pool, other, id);
    await quick.hasReceived(5);
    expect(slow.received).toHaveLength(4);
    expect((await bench.deliveries(stuck)).every(({ status }) => status === 'PENDING')).toBe(true);
  });

  it('switches off an endpoint that says it is gone, and says so in the log', async () => {
    await using endpoint = await startEndpoint();
    await using bench = await setup();
    const { id } = await bench.register(endpoint);
    endpoint.answer = (_, response) => void response.writeHead(410).end();
    const loop = bench.work();
    await bench.end();
    const [failed] = await bench.until(id, ([status]) => status === 'FAILED');
    expect(failed).toMatchObject({ errorCode: 'WEBHOOK_REFUSED', attempts: [{ statusCode: 410 }] });
    expect(await findWebhook(bench.pool, bench.userId, id)).toMatchObject({
      isActive: false,
      disabledReason: 'GONE',
    });
    await loop.stop({ graceMs: 1_000 });
    expect(bench.log.lines).toContainEqual({
      level: 'info',
      message: 'webhook switched off',
      fields: { webhookId: id, reason: 'GONE' },
    });
  });

  it('sends nothing unsigned: what it has no key for waits, costs no try, and is told to the operator', async () => {
    await using endpoint = await startEndpoint();
    await using bench = await setup();
    const { id } = await bench.register(endpoint);
    bench.work({ keys: [createSealingKey('a key that has opened nothing yet..')] });
    await bench.end();
    const [delivery] = await bench.deliveries(id);
    const said = () => bench.log.lines.some(({ message }) => message === 'webhook secret not readable');
    while (!said()) await findDelivery(bench.pool, bench.userId, id, delivery?.id ?? '');
    const waits = `SELECT tries FROM webhook_deliveries WHERE due_at > clock_timestamp() + interval '2 min'`;
    while ((await bench.pool.query(waits)).rows[0]?.tries !== 0);
    expect(endpoint.received).toEqual([]);
  });

  it('keeps addresses and secrets out of the log', async () => {
    await using endpoint = await startEndpoint();
    await using bench = await setup();
    const { id, secret } = await bench.register({ url: `${endpoint.url}?token=hidden` });
    endpoint.answer = (_, response) => void response.writeHead(500).end('shown to nobody');
    bench.work();
    await bench.end();
    const found = await bench.until(id, (_, attempts) => attempts === 1);
    const all = JSON.stringify([bench.log.lines, found]);
    expect(all).not.toMatch(/hidden|shown to nobody|whsec_/);
    expect(all).not.toContain(secret.slice(6));
  });
});
