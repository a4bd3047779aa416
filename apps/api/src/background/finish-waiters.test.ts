import type { Queryable } from '@formaops/db';
import { recordingLog } from '@formaops/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createFinishWaiters } from './finish-waiters.ts';

/** Waiters over a database that says of these executions that they have ended. */
function setup(ended: string[] = []) {
  const log = recordingLog();
  const query = jest.fn(async (_sql: string, [ids]: [string[]]) => {
    return { rows: ids.filter((id) => ended.includes(id)).map((id) => ({ id, status: 'COMPLETED' })) };
  });
  const waiters = createFinishWaiters({ query } as unknown as Queryable, log);
  return { waiters, query, log };
}

const never = new AbortController().signal;
const hour = 3_600_000;
const lookedUp = () => jest.advanceTimersByTimeAsync(1_000);

/** Whether a promise is fulfilled by now. */
async function isOver(promise: Promise<void> | undefined): Promise<boolean> {
  return Promise.race([
    Promise.resolve(promise).then(() => true),
    new Promise<false>((resolve) => setImmediate(resolve, false)),
  ]);
}

afterEach(() => {
  jest.useRealTimers();
});

describe('waiting for the end of an execution', () => {
  it('ends for everybody who waits for it, and for nobody else', async () => {
    const { waiters } = setup();
    const [one, two, other] = ['a', 'a', 'b'].map((id) => waiters.expect(id).endedWithin(hour, never));
    waiters.wake(['a', 'c']);
    await Promise.all([one, two]);
    expect(await isOver(other)).toBe(false);
    waiters.wake(['b']);
    await other;
  });

  it('notices an end that comes between the promise to wait and the waiting', async () => {
    const { waiters } = setup();
    using expectation = waiters.expect('a');
    waiters.wake(['a']);
    await expectation.endedWithin(hour, never);
  });

  it('ends when the time is over', async () => {
    await setup().waiters.expect('a').endedWithin(1, never);
  });

  it('ends when the signal is aborted, also when it was before', async () => {
    const { waiters } = setup();
    const leaving = new AbortController();
    const waiting = waiters.expect('a').endedWithin(hour, leaving.signal);
    expect(await isOver(waiting)).toBe(false);
    leaving.abort();
    await waiting;
    await waiters.expect('a').endedWithin(hour, leaving.signal);
  });

  it('ends within a second after a message was lost, by one statement for all', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const { waiters, query } = setup(['a', 'b']);
    waiters.start();
    const [one, two, other] = ['a', 'b', 'c'].map((id) => waiters.expect(id).endedWithin(hour, never));
    await lookedUp();
    await Promise.all([one, two]);
    expect(await isOver(other)).toBe(false);
    expect(query).toHaveBeenCalledTimes(1);
    waiters.stop();
  });

  it('costs no statement where nobody waits any more', async () => {
    jest.useFakeTimers();
    const { waiters, query } = setup();
    waiters.start();
    const [first, second] = [waiters.expect('a'), waiters.expect('a')];
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await lookedUp();
    expect(query.mock.calls.map(([, [ids]]) => ids)).toEqual([['a']]);
    second[Symbol.dispose]();
    await lookedUp();
    expect(query).toHaveBeenCalledTimes(1);
    waiters.stop();
  });

  it('goes on when looking fails', async () => {
    jest.useFakeTimers();
    const { waiters, query, log } = setup(['a']);
    query.mockRejectedValueOnce(new Error('database away'));
    waiters.start();
    const waiting = waiters.expect('a').endedWithin(hour, never);
    await lookedUp();
    expect(log.lines).toMatchObject([
      { level: 'warn', message: 'waiters not looked up', fields: { waiting: 1 } },
    ]);
    await lookedUp();
    await waiting;
    waiters.stop();
  });

  it('is looked for once at a time, however long the database takes', async () => {
    jest.useFakeTimers();
    const { waiters, query } = setup(['a']);
    const answer = Promise.withResolvers<{ rows: never[] }>();
    query.mockReturnValueOnce(answer.promise);
    waiters.start();
    const waiting = waiters.expect('a').endedWithin(hour, never);
    for (let count = 0; count < 5; count += 1) await lookedUp();
    expect(query).toHaveBeenCalledTimes(1);
    answer.resolve({ rows: [] });
    await lookedUp();
    await waiting;
    waiters.stop();
  });

  it('is over for good once stopped, and looks no more', async () => {
    jest.useFakeTimers();
    const { waiters, query } = setup();
    waiters.start();
    const waiting = waiters.expect('a').endedWithin(hour, never);
    waiters.stop();
    await waiting;
    await waiters.expect('b').endedWithin(hour, never);
    await lookedUp();
    expect(query).not.toHaveBeenCalled();
  });

  it('is granted to 10,000 at a time; others are answered at once, until there is room again', async () => {
    const { waiters } = setup();
    const granted = Array.from({ length: 10_000 }, (_, index) => waiters.expect(String(index)));
    using last = granted.pop();
    using oneTooMany = waiters.expect('one too many');
    await oneTooMany.endedWithin(hour, never);
    expect(await isOver(last?.endedWithin(hour, never))).toBe(false);
    for (const expectation of granted) expectation[Symbol.dispose]();
    expect(await isOver(waiters.expect('another').endedWithin(hour, never))).toBe(false);
    waiters.stop();
  });
});
