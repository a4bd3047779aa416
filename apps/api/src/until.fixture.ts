import { setTimeout as delay } from 'node:timers/promises';

/** Asks until the answer satisfies, for 20 seconds at most. */
export async function until<T>(ask: () => Promise<T>, isSatisfying: (answer: T) => boolean): Promise<T> {
  const deadline = AbortSignal.timeout(20_000);
  for (;;) {
    const answer = await ask();
    if (isSatisfying(answer)) return answer;
    await delay(20, undefined, { signal: deadline });
  }
}
