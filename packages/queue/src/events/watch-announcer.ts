import { setTimeout as delay } from 'node:timers/promises';
import { createBatcher } from '../batcher.ts';
import type { WatchNotice } from './messages.ts';
import { ANNOUNCE_MS } from './watchers.ts';

/** Says what this process watches: at once, and again and again as long as it does. */
export interface WatchAnnouncer {
  /** @param output whether the text that models write is wanted, too. */
  watch(key: string, output: boolean): Disposable;
  start(): void;
  stop(): void;
}

export interface WatchAnnouncerOptions {
  /** Where this process wants to hear of it. */
  address: string;
  publish(notice: WatchNotice): Promise<void>;
  reportError(error: unknown): void;
  /** How often it is said again, in milliseconds; five seconds unless set. */
  everyMs?: number;
}

/** 500 keys are about 20 kB. Who watches more than 20,000 things is told of the rest by the next announcement. */
const BATCHING = { maxPerBatch: 500, maxWaiting: 20_000, pause: () => delay(20) };

export function createWatchAnnouncer(options: WatchAnnouncerOptions): WatchAnnouncer {
  const announcements = [false, true].map((output) => createAnnouncement(options, output));
  let timer: NodeJS.Timeout | undefined;
  return {
    watch(key, output) {
      const watches = announcements.slice(0, output ? 2 : 1).map(({ add }) => add(key));
      return {
        [Symbol.dispose]() {
          for (const watch of watches) watch[Symbol.dispose]();
        },
      };
    },
    start() {
      const repeat = () => {
        for (const announcement of announcements) announcement.repeat();
      };
      timer = setInterval(repeat, options.everyMs ?? ANNOUNCE_MS);
    },
    stop: () => clearInterval(timer),
  };
}

function createAnnouncement({ address, publish, reportError }: WatchAnnouncerOptions, output: boolean) {
  const counts = new Map<string, number>();
  const say = createBatcher({
    ...BATCHING,
    send: (keys) => publish({ address, keys, output }),
    reportError,
  });
  const remove = (key: string) => {
    const left = (counts.get(key) ?? 0) - 1;
    if (left > 0) counts.set(key, left);
    else counts.delete(key);
  };
  return {
    add(key: string): Disposable {
      const count = counts.get(key) ?? 0;
      counts.set(key, count + 1);
      if (count === 0) say([key]);
      let isOver = false;
      return {
        [Symbol.dispose]() {
          if (!isOver) remove(key);
          isOver = true;
        },
      };
    },
    repeat() {
      if (counts.size > 0) say([...counts.keys()]);
    },
  };
}
