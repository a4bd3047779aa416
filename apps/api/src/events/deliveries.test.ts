import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createDeliveries } from './deliveries.ts';
import { outputLiveEvent } from './live-event.ts';

const event = (executionId: string) =>
  outputLiveEvent({ executionId, userId: 'u', promptId: 'p', attempt: 1, offset: 0, text: 'x' });

/** So many listeners, and what they heard. */
function ears(count: number) {
  const heard: string[] = [];
  const listeners = Array.from(
    { length: count },
    (_, number) =>
      ({ executionId }: { executionId: string }) =>
        void heard.push(`${executionId}${number}`),
  );
  return { heard, listeners };
}

describe('createDeliveries', () => {
  it('tells a few listeners at once', () => {
    const { heard, listeners } = ears(2);
    createDeliveries().add(event('a'), listeners);
    expect(heard).toEqual(['a0', 'a1']);
  });

  it('lets other work come between thousands of listeners, and each hears everything in order', async () => {
    const deliveries = createDeliveries();
    const { heard, listeners } = ears(1_000);
    deliveries.add(event('a'), listeners);
    deliveries.add(event('b'), listeners);
    const seen: number[] = [];
    while (heard.length < 2_000) {
      seen.push(heard.length);
      await setImmediate();
    }
    expect(seen.length).toBeGreaterThan(20);
    expect(heard).toEqual([...listeners.map((_, n) => `a${n}`), ...listeners.map((_, n) => `b${n}`)]);
  });

  it('goes on with the others after one that throws', async () => {
    const deliveries = createDeliveries();
    const { heard, listeners } = ears(10);
    const fail = () => {
      throw new Error('a listener broke');
    };
    deliveries.add(event('a'), [...listeners, fail]);
    await expect(deliveries.idle()).rejects.toThrow('a listener broke');
    deliveries.add(event('b'), listeners);
    await deliveries.idle();
    expect(heard).toEqual(['a', 'b'].flatMap((id) => listeners.map((_, n) => `${id}${n}`)));
  });

  it('says when nothing waits, and when too much does', async () => {
    const deliveries = createDeliveries();
    const { heard, listeners } = ears(60);
    await deliveries.idle();
    for (let n = 0; n <= 2_001; n += 1) deliveries.add(event('a'), listeners);
    expect(deliveries.isBehind()).toBe(true);
    await deliveries.idle();
    expect(deliveries.isBehind()).toBe(false);
    expect(heard.length).toBe(2_002 * 60);
  });
});
