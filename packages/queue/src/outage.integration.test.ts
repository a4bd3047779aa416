import { isFormaError } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { bell, done, inbox, kinds, setup } from './conformance.fixture.ts';
import { migrateQueue, openQueueConnection } from './connection.ts';
import { createConsumer } from './consumer.ts';
import { createProducer } from './producer.ts';
import { createSignals } from './signals.ts';

describe.each(kinds)('when the server of the queue is lost, on %s', (kind) => {
  it('everything starts without it, and works as soon as it is there', async () => {
    await using bench = await setup(kind, { ringBudgetMs: 500 });
    bench.link.cut();
    const { heard, signalled, consumer, signals, producer } = listen(bench);
    const started = Promise.all([consumer.start(), signals.ready()]);
    expect(await bench.connect().check()).toMatchObject({ state: 'unreachable' });
    bench.link.open();
    await started;
    await untilFulfilled(() => producer.ring([bell({ executionId: 'rung' })]));
    expect(await heard.take()).toBe('rung');
    signals.publishFinished(['finished']);
    expect(await signalled.take()).toBe('finished');
  });

  it('everything goes on after its connections were cut', async () => {
    await using bench = await setup(kind, { ringBudgetMs: 500 });
    const { heard, signalled, consumer, signals, producer } = listen(bench);
    await Promise.all([consumer.start(), signals.ready(), untilFulfilled(producer.counts)]);
    bench.link.cut();
    await expect(producer.counts()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    bench.link.open();
    await untilFulfilled(() => producer.ring([bell({ executionId: 'rung' })]));
    expect(await heard.take()).toBe('rung');
    signals.publishFinished(['finished']);
    expect(await signalled.take()).toBe('finished');
  });

  it('ringing fails within its budget while the server hangs, and works again afterwards', async () => {
    await using bench = await setup(kind, { ringBudgetMs: 200 });
    const producer = bench.producer();
    await untilFulfilled(() => producer.ring([bell()]));
    bench.link.stall();
    await expect(producer.ring([bell()])).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    bench.link.resume();
    await untilFulfilled(() => producer.ring([bell()]));
  });

  it('everything can be closed without it', async () => {
    await using bench = await setup(kind, { ringBudgetMs: 500 });
    const { heard, consumer, signals, producer } = listen(bench);
    await Promise.all([consumer.start(), signals.ready(), untilFulfilled(() => producer.ring([bell()]))]);
    await heard.take();
    bench.link.cut();
    await Promise.all([consumer.close({ graceMs: 0 }), signals.close(), producer.close()]);
  });

  it('everything can be closed while it hangs, and nothing stays open', async () => {
    await using bench = await setup(kind, { ringBudgetMs: 500 });
    const connection = bench.connect();
    const consumer = createConsumer(connection, { concurrency: 1, onExecution: async () => done });
    const signals = createSignals(connection, { onFinished: () => undefined });
    const producer = createProducer(connection);
    await Promise.all([consumer.start(), signals.ready(), untilFulfilled(producer.counts)]);
    bench.link.stall();
    await Promise.all([consumer.close({ graceMs: 0 }), signals.close(), producer.close()]);
    await connection.close();
    bench.link.resume();
    await bench.link.isUnused();
  });

  it('what never started can be closed', async () => {
    await using bench = await setup(kind, { ringBudgetMs: 500 });
    bench.link.cut();
    const { consumer, signals, producer } = listen(bench);
    const started = consumer.start();
    await Promise.all([consumer.close({ graceMs: 0 }), signals.close(), producer.close()]);
    await started;
    await expect(signals.ready()).rejects.toThrow();
  });

  it('the log says so, but never the password', async () => {
    await using bench = await setup(kind, { ringBudgetMs: 500 });
    const url = new URL(bench.link.url);
    Object.assign(url, { username: 'nobody', password: 'open-sesame' });
    await using stack = new AsyncDisposableStack();
    const connection = openQueueConnection({ queueUrl: url.href, databaseUrl: '', log: bench.log });
    stack.adopt(connection, (opened) => opened.close());
    const producer = stack.adopt(createProducer(connection), (opened) => opened.close());
    const health = await connection.check();
    expect(health.state).toBe('unfit');
    expect(JSON.stringify(health)).not.toContain('open-sesame');
    const refusal: unknown = await producer.ring([bell()]).catch((error: unknown) => error);
    expect(isFormaError(refusal) && String(refusal.cause)).not.toContain('open-sesame');
    expect(bench.log.lines).not.toHaveLength(0);
    expect(JSON.stringify(bench.log.lines)).not.toContain('open-sesame');
  });
});

it('a connection that is lost while BullMQ looks whether its tables are there ends nobody, on postgres', async () => {
  await using bench = await setup('postgres', { ringBudgetMs: 500 });
  const asked = bench.link.stallAfter('min_client_version');
  const { heard, consumer, producer } = listen(bench);
  const started = consumer.start();
  await asked;
  bench.link.cut();
  bench.link.open();
  await started;
  await untilFulfilled(() => producer.ring([bell({ executionId: 'rung' })]));
  expect(await heard.take()).toBe('rung');
});

it('a database that is lost while the tables of the queue are made ends the making, with the reason', async () => {
  await using bench = await setup('postgres', { isMigrated: false });
  const asked = bench.link.stallAfter('pg_advisory_xact_lock');
  const migrated = migrateQueue({ queueUrl: undefined, databaseUrl: bench.link.url });
  await asked;
  bench.link.cut();
  await expect(migrated).rejects.toThrow('Connection terminated');
});

type Bench = Awaited<ReturnType<typeof setup>>;

/** Everything a process has: what is rung ends up in `heard`, what is published in `signalled`. */
function listen(bench: Bench) {
  const heard = inbox<string>();
  const signalled = inbox<string>();
  const consumer = bench.consumer(async (executionId) => {
    heard.put(executionId);
    return done;
  });
  const signals = bench.signals({ onFinished: (ids) => ids.forEach(signalled.put) });
  return { heard, signalled, consumer, signals, producer: bench.producer() };
}

/** Tries until it works, as long as the test may last. */
async function untilFulfilled(act: () => Promise<unknown>): Promise<void> {
  for (;;) {
    if (
      await act()
        .then(() => true)
        .catch(() => false)
    )
      return;
    await new Promise(setImmediate);
  }
}
