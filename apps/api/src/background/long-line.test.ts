import { describe, expect, it } from '@jest/globals';
import { createLongLine } from './long-line.ts';

function setup(...answers: Array<number | Error>) {
  let now = 0;
  let asked = 0;
  const waiting = async () => {
    asked += 1;
    const answer = answers.shift() ?? 0;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const line = createLongLine({ waiting }, { monotonicMs: () => now });
  return {
    asked: () => asked,
    /** What is said after so many milliseconds, and what is said once the queue has answered. */
    async after(ms: number) {
      now += ms;
      const atOnce = line.isLong();
      await new Promise<void>((resolve) => void setImmediate(resolve));
      return [atOnce, line.isLong()];
    },
  };
}

describe('createLongLine', () => {
  it('is long from a thousand waiting bells on, as soon as the queue has said so', async () => {
    const { after } = setup(999, 1_000, 0);
    expect(await after(0)).toEqual([false, false]);
    expect(await after(500)).toEqual([false, true]);
    expect(await after(500)).toEqual([true, false]);
  });

  it('asks at most twice a second, however often somebody wants to know', async () => {
    const { after, asked } = setup();
    for (let ms = 0; ms < 1_000; ms += 100) await after(100);
    expect(asked()).toBe(2);
  });

  it('is not long when the queue does not answer', async () => {
    const { after } = setup(5_000, new Error('away'));
    expect(await after(0)).toEqual([false, true]);
    expect(await after(500)).toEqual([true, false]);
  });

  it('believes no answer that is older than some seconds', async () => {
    const { after } = setup(5_000);
    await after(0);
    expect(await after(5_000)).toEqual([false, false]);
  });
});
