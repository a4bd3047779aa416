import { describe, expect, it } from '@jest/globals';
import { createCallLog, type ReceivedCall } from './call-log.ts';

const DEADLINE_MS = 5_000;

function received(idempotencyKey: string): ReceivedCall {
  return { idempotencyKey, attempt: 1, model: 'm', stream: false };
}

describe('createCallLog', () => {
  it('numbers calls from 1 and keeps the latest only, oldest first', () => {
    const log = createCallLog(2);
    for (const key of ['a', 'b', 'c']) log.receive(received(key));
    expect(log.calls().map(({ order, idempotencyKey }) => [order, idempotencyKey])).toEqual([
      [2, 'b'],
      [3, 'c'],
    ]);
  });

  it('keeps the first end of a call', () => {
    const log = createCallLog();
    const order = log.receive(received('a'));
    log.settle(order, 'answered', null);
    log.settle(order, 'client-closed', null);
    expect(log.calls()[0]?.outcome).toBe('answered');
  });

  it('finds a call that was there before the waiting began', async () => {
    const log = createCallLog();
    log.receive(received('a'));
    expect(await log.waitFor((call) => call.idempotencyKey === 'a', DEADLINE_MS)).toMatchObject({ order: 1 });
  });

  it('waits for a call to arrive, and for one to end', async () => {
    const log = createCallLog();
    const arrived = log.waitFor((call) => call.idempotencyKey === 'b', DEADLINE_MS);
    const ended = log.waitFor((call) => call.outcome === 'faulted', DEADLINE_MS);
    log.receive(received('a'));
    log.settle(log.receive(received('b')), 'faulted', null);
    expect(await arrived).toMatchObject({ order: 2, outcome: 'open' });
    expect(await ended).toMatchObject({ order: 2, outcome: 'faulted' });
  });

  it('gives up at the deadline', async () => {
    await expect(createCallLog().waitFor(() => true, 1)).rejects.toThrow('waited 1 ms');
  });

  it('settles open calls and ends all waiting when it is closed', async () => {
    const log = createCallLog();
    log.receive(received('a'));
    const waiting = log.waitFor((call) => call.idempotencyKey === 'b', DEADLINE_MS);
    log.close();
    await expect(waiting).rejects.toThrow('the simulator was closed');
    expect(log.calls()[0]?.outcome).toBe('server-closed');
  });
});
