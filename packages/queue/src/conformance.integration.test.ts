import { isFormaError } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { openQueueForBoard } from './board.ts';
import { bell, done, inbox, kinds, setup, submittedAt, until } from './conformance.fixture.ts';
import { createConsumer } from './consumer.ts';
import { EXECUTION_BELL } from './names.ts';
import { type BellId, bellJobId } from './payloads.ts';
import { createProducer } from './producer.ts';
import { createSignals } from './signals.ts';

const minutesLater = (minutes: number) => new Date(submittedAt.getTime() + minutes * 60_000);

describe.each(kinds)('the queue on %s', (kind) => {
  describe('ringing', () => {
    it('reaches the handler with the id of the execution and the epoch', async () => {
      await using bench = await setup(kind);
      const heard = inbox<[string, number]>();
      const rung = bell({ epoch: 7 });
      await bench.producer().ring([rung]);
      await bench
        .consumer(async (executionId, { epoch }) => {
          heard.put([executionId, epoch]);
          return done;
        })
        .start();
      expect(await heard.take()).toEqual([rung.executionId, 7]);
    });

    it('wakes a consumer that is waiting', async () => {
      await using bench = await setup(kind);
      const { heard, consumer } = listen(bench);
      await consumer.start();
      const producer = bench.producer();
      await producer.ring([bell({ executionId: 'first' })]);
      expect(await heard.take()).toBe('first');
      await producer.ring([bell({ executionId: 'second' })]);
      expect(await heard.take()).toBe('second');
    });

    it('puts nothing on the board but a version, and the id of the execution in its own', async () => {
      await using bench = await setup(kind);
      const rung = bell();
      await bench.producer().ring([rung]);
      const board = await openQueueForBoard(bench.connect(), new AbortController().signal);
      expect(await board.getJobCountByTypes('prioritized')).toBe(1);
      expect((await board.getJob(bellJobId(rung)))?.data).toEqual({ v: 1 });
    });

    it('is counted as waiting when a consumer could fetch it now, and counted as fetched when it was', async () => {
      await using bench = await setup(kind);
      const { heard, consumer } = listen(bench);
      const producer = bench.producer();
      expect([await producer.waiting(), consumer.fetched()]).toEqual([0, 0]);
      await producer.ring([bell(), bell(), bell({ delayMs: 3_600_000 })]);
      expect(await producer.waiting()).toBe(2);
      const board = await openQueueForBoard(bench.connect(), new AbortController().signal);
      await board.pause();
      expect(await producer.waiting()).toBe(0);
      await board.resume();
      expect(await producer.waiting()).toBe(2);
      await consumer.start();
      await heard.take();
      await heard.take();
      expect([await producer.waiting(), consumer.fetched()]).toEqual([0, 2]);
    });

    it('is ignored for a known epoch, and delivered for another one', async () => {
      await using bench = await setup(kind);
      const { heard, consumer } = listen(bench);
      const producer = bench.producer();
      await producer.ring([bell({ executionId: 'a' })]);
      await producer.ring([bell({ executionId: 'a' }), bell({ executionId: 'b' })]);
      await producer.ring([bell({ executionId: 'a', epoch: 1 })]);
      await consumer.start();
      expect([await heard.take(), await heard.take(), await heard.take()]).toEqual(['a', 'b', 'a']);
      await until(producer.counts, ({ active, waiting }) => active + waiting === 0);
      expect(consumer.fetched()).toBe(3);
    });

    it('leaves the latest of a calm queue for people to see, and nothing of a busy one', async () => {
      await using bench = await setup(kind);
      const { heard, consumer } = listen(bench);
      const producer = bench.producer();
      await producer.ring([bell()]);
      await Promise.all([producer.ring([bell()]), producer.ring([bell(), bell()])]);
      await consumer.start();
      for (let count = 0; count < 4; count += 1) await heard.take();
      const counts = await until(producer.counts, ({ active, waiting }) => active + waiting === 0);
      expect(counts).toEqual({ waiting: 0, delayed: 0, active: 0, completed: 1, failed: 0 });
    });

    it('is counted by state', async () => {
      await using bench = await setup(kind);
      const producer = bench.producer();
      await producer.ring([bell(), bell(), bell({ delayMs: 3_600_000 })]);
      expect(await producer.counts()).toEqual({ waiting: 2, delayed: 1, active: 0, completed: 0, failed: 0 });
    });

    it('is known while it waits, is delayed or is being handled, and not before or after', async () => {
      await using bench = await setup(kind);
      const { heard, consumer, finish } = listenAndWait(bench);
      const producer = bench.producer();
      const [handled, waiting, delayed, unrung] = [bell(), bell(), bell({ delayMs: 3_600_000 }), bell()];
      const all = [handled, waiting, delayed, unrung, { ...waiting, epoch: 1, executionId: 'another' }];
      await producer.ring([handled]);
      await consumer.start();
      expect(await heard.take()).toBe(handled.executionId);
      await producer.ring([waiting, delayed]);
      const ids = (bells: BellId[]) => new Set(bells.map(({ executionId }) => executionId));
      expect(await producer.known(all)).toEqual(ids([handled, waiting, delayed]));
      finish();
      await until(producer.counts, ({ active, waiting: others }) => active + others === 0);
      expect(await producer.known(all)).toEqual(ids([delayed]));
      expect(await producer.known([])).toEqual(new Set());
    });

    it('is taken back where it has not started, and left alone where it has', async () => {
      await using bench = await setup(kind);
      const { heard, consumer, finish } = listenAndWait(bench);
      const producer = bench.producer();
      const [started, waiting, last] = [bell(), bell(), bell()];
      await producer.ring([started]);
      await consumer.start();
      expect(await heard.take()).toBe(started.executionId);
      await producer.ring([waiting, last]);
      await producer.remove([started, waiting]);
      finish();
      expect(await heard.take()).toBe(last.executionId);
    });
  });

  describe('the order', () => {
    it('of executions submitted together is that of their levels', async () => {
      await using bench = await setup(kind);
      const { heard, consumer } = listen(bench);
      const levels = ['LOW', 'NORMAL', 'HIGH', 'CRITICAL'] as const;
      await bench.producer().ring(levels.map((priority) => bell({ executionId: priority, priority })));
      await consumer.start();
      for (const level of levels.toReversed()) expect(await heard.take()).toBe(level);
    });

    it('puts nothing before a LOW execution that was submitted 30 minutes later', async () => {
      await using bench = await setup(kind);
      const { heard, consumer } = listen(bench);
      await bench
        .producer()
        .ring([
          bell({ executionId: 'low', priority: 'LOW' }),
          bell({ executionId: 'critical, 20 later', priority: 'CRITICAL', submittedAt: minutesLater(20) }),
          bell({ executionId: 'critical, 30 later', priority: 'CRITICAL', submittedAt: minutesLater(30) }),
        ]);
      await consumer.start();
      expect(await heard.take()).toBe('critical, 20 later');
      expect(await heard.take()).toBe('low');
      expect(await heard.take()).toBe('critical, 30 later');
    });
  });

  describe('a handler that asks to be rung again', () => {
    it('hears the same bell once more, and its slot is free meanwhile', async () => {
      await using bench = await setup(kind);
      const heard = inbox<string>();
      const isFirst = new Set(['again_0']);
      const consumer = bench.consumer(async (_id, { jobId }) => {
        heard.put(jobId);
        return isFirst.delete(jobId) ? { kind: 'again', delayMs: 300 } : done;
      });
      await bench.producer().ring([bell({ executionId: 'again' }), bell({ executionId: 'other' })]);
      await consumer.start();
      expect([await heard.take(), await heard.take(), await heard.take()]).toEqual([
        'again_0',
        'other_0',
        'again_0',
      ]);
      expect(bench.log.lines).toEqual([]);
    });

    it('keeps its priority', async () => {
      await using bench = await setup(kind);
      const heard = inbox<string>();
      const isFirst = new Set(['normal']);
      const consumer = bench.consumer(async (id) => {
        heard.put(id);
        if (!isFirst.delete(id)) return done;
        await producer.ring([
          bell({ executionId: 'low', priority: 'LOW' }),
          bell({ executionId: 'high', priority: 'HIGH' }),
        ]);
        return { kind: 'again', delayMs: 0 };
      });
      const producer = bench.producer();
      await producer.ring([bell({ executionId: 'normal' })]);
      await consumer.start();
      for (const id of ['normal', 'high', 'normal', 'low']) expect(await heard.take()).toBe(id);
    });
  });

  describe('what goes wrong', () => {
    it('in a handler is logged, fails that bell without a word of it in the queue, and stops nothing', async () => {
      await using bench = await setup(kind);
      const heard = inbox<string>();
      const consumer = bench.consumer(async (id) => {
        if (id === 'broken') throw new Error('the secret of a tenant');
        heard.put(id);
        return done;
      });
      const producer = bench.producer();
      await producer.ring([bell({ executionId: 'broken' }), bell({ executionId: 'sound' })]);
      await consumer.start();
      expect(await heard.take()).toBe('sound');
      const job = await bench.connect().newQueue('board').getJob('broken_0');
      expect(await job?.getState()).toBe('failed');
      expect(JSON.stringify(job)).not.toContain('secret');
      const line = bench.log.lines.find(({ level }) => level === 'error');
      expect(line).toMatchObject({ message: 'execution handler failed', fields: { executionId: 'broken' } });
    });

    it('in a bell of an unknown version fails it without running it', async () => {
      await using bench = await setup(kind);
      const { heard, consumer } = listen(bench);
      const queue = bench.connect().newQueue('ring');
      const ofTomorrow = { v: 2, executionId: 'new' } as unknown as { v: 1; executionId: string };
      await queue.add(EXECUTION_BELL, ofTomorrow, { jobId: 'new_0', priority: 1 });
      await bench.producer().ring([bell({ executionId: 'known' })]);
      await consumer.start();
      expect(await heard.take()).toBe('known');
      expect(await queue.getJobState('new_0')).toBe('failed');
    });

    it('in a worker that dies fails its bell; nobody runs it again', async () => {
      await using bench = await setup(kind);
      const { heard, consumer } = listen(bench, { lockMs: 400 });
      const producer = bench.producer();
      await producer.ring([bell({ executionId: 'orphan' })]);
      const dead = bench.connect().newWorker(async () => undefined, { autorun: false, lockDuration: 400 });
      expect((await dead.getNextJob('token'))?.id).toBe('orphan_0');
      await dead.close(true);
      await consumer.start();
      await until(producer.counts, ({ failed }) => failed === 1);
      await producer.ring([bell({ executionId: 'orphan', epoch: 1 })]);
      expect(await heard.take()).toBe('orphan');
      expect(await producer.counts()).toMatchObject({ failed: 1, waiting: 0 });
    });

    it('that loses the lock of a bell goes on, for the lease in PostgreSQL decides', async () => {
      await using bench = await setup(kind);
      const aborted = inbox<boolean>();
      const isLost = (lines: typeof bench.log.lines) =>
        lines.some(({ message }) => message === 'lock of bells lost');
      const consumer = bench.consumer(
        async (_id, { signal }) => {
          await bench.connect().newQueue('board').obliterate({ force: true });
          await until(async () => bench.log.lines, isLost);
          aborted.put(signal.aborted);
          return done;
        },
        { lockMs: 300 },
      );
      await bench.producer().ring([bell()]);
      await consumer.start();
      expect(await aborted.take()).toBe(false);
    });
  });

  describe('a consumer that stops', () => {
    it('gives back what it was about to fetch', async () => {
      await using bench = await setup(kind);
      const producer = bench.producer();
      const stopped = listen(bench);
      await producer.ring([bell()]);
      await stopped.consumer.start();
      await until(producer.counts, ({ completed }) => completed === 1);
      await stopped.consumer.pause();
      await producer.ring([bell({ executionId: 'late' })]);
      const other = listen(bench);
      await other.consumer.start();
      expect(await other.heard.take()).toBe('late');
    });

    it('lets its handlers end within the grace period', async () => {
      await using bench = await setup(kind);
      const signals = inbox<AbortSignal>();
      const finished = Promise.withResolvers<typeof done>();
      const consumer = bench.consumer((_id, { signal }) => {
        signals.put(signal);
        return finished.promise;
      });
      const producer = bench.producer();
      await producer.ring([bell()]);
      await consumer.start();
      const signal = await signals.take();
      expect(consumer.running()).toBe(1);
      const closing = consumer.close({ graceMs: 60_000 });
      expect(await producer.counts()).toMatchObject({ active: 1, completed: 0 });
      finished.resolve(done);
      expect(await closing).toBe(0);
      expect(signal.aborted).toBe(false);
      expect(await producer.counts()).toMatchObject({ active: 0, completed: 1 });
    });

    it('tells the others to stop, and puts back what they then give back', async () => {
      await using bench = await setup(kind);
      const heard = inbox<string>();
      const consumer = bench.consumer(async (id, { signal }) => {
        heard.put(id);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return codeOf(signal.reason) === 'SHUTDOWN' ? { kind: 'again', delayMs: 0 } : done;
      });
      await bench.producer().ring([bell({ executionId: 'long' })]);
      await consumer.start();
      await heard.take();
      expect(await consumer.close({ graceMs: 0, releaseMs: 60_000 })).toBe(0);
      const other = listen(bench);
      await other.consumer.start();
      expect(await other.heard.take()).toBe('long');
    });

    it('cuts off what does not end, and says how many', async () => {
      await using bench = await setup(kind);
      const { heard, consumer } = listenAndWait(bench);
      await bench.producer().ring([bell()]);
      await consumer.start();
      await heard.take();
      expect(await consumer.close({ graceMs: 0, releaseMs: 0 })).toBe(1);
    });
  });

  describe('a connection', () => {
    it('says that a server which suits is ready', async () => {
      await using bench = await setup(kind);
      expect(await bench.connect().check()).toMatchObject({ state: 'ready' });
    });

    it('leaves nothing open when everything on it is closed', async () => {
      await using bench = await setup(kind);
      const connection = bench.connect();
      const consumer = createConsumer(connection, { concurrency: 1, onExecution: async () => done });
      const signals = createSignals(connection, { onCancel: () => undefined });
      const producer = createProducer(connection);
      await Promise.all([consumer.start(), signals.ready(), producer.ring([bell()])]);
      await consumer.close({ graceMs: 0 });
      await Promise.all([signals.close(), producer.close()]);
      await connection.close();
      await bench.link.isUnused();
    }, 8_000);
  });
});

type Bench = Awaited<ReturnType<typeof setup>>;

/** A consumer of one slot that puts every execution it hears of into `heard`. */
function listen(bench: Bench, options: { lockMs?: number } = {}) {
  const heard = inbox<string>();
  const consumer = bench.consumer(async (executionId) => {
    heard.put(executionId);
    return done;
  }, options);
  return { heard, consumer };
}

/** The same, but its handlers run until `finish` is called. */
function listenAndWait(bench: Bench) {
  const heard = inbox<string>();
  const finished = Promise.withResolvers<void>();
  const consumer = bench.consumer(async (executionId) => {
    heard.put(executionId);
    await finished.promise;
    return done;
  });
  return { heard, consumer, finish: finished.resolve };
}

function codeOf(error: unknown): string | undefined {
  return isFormaError(error) ? error.code : undefined;
}
