import type { Clock } from '@formaops/core';
import type { Producer } from '@formaops/queue';

/** So many waiting bells are a long line. */
const longLine = 1_000;

/** How old an answer of the queue may be before it is asked again, and before it counts no more; in milliseconds. */
const askAgainMs = 500;
const forgetMs = 5_000;

/**
 * Knows roughly whether many bells wait, without keeping anybody waiting: the queue is asked at most twice a second, and only
 * while somebody wants to know. Not long when the queue does not answer.
 */
export function createLongLine(
  { waiting }: Pick<Producer, 'waiting'>,
  { monotonicMs }: Pick<Clock, 'monotonicMs'>,
): { isLong(): boolean } {
  let isLong = false;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let answeredAtMs = Number.NEGATIVE_INFINITY;
  const ask = async () => {
    isLong = await waiting().then(
      (bells) => bells >= longLine,
      () => false,
    );
    answeredAtMs = monotonicMs();
  };
  return {
    isLong() {
      const now = monotonicMs();
      if (now - askedAtMs >= askAgainMs) {
        askedAtMs = now;
        void ask();
      }
      return isLong && now - answeredAtMs < forgetMs;
    },
  };
}
