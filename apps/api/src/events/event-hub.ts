import type { Logger } from '@formaops/core';
import {
  type ExecutionProgress,
  findMoved,
  type OwnedExecution,
  type Queryable,
  readProgress,
} from '@formaops/db';
import { type EventsMessage, executionKey, userKey, type WatchAnnouncer } from '@formaops/queue';
import { createDeliveries, type LiveListener } from './deliveries.ts';
import { outputLiveEvent, storedLiveEvent } from './live-event.ts';
import { endRank } from './progress-events.ts';
import { createToldExecutions } from './told-executions.ts';

/** Lets the streams of this process know what happens to executions. */
export interface EventHub {
  /** @param output whether the listener wants the text that models write. */
  watchExecution(execution: OwnedExecution, output: boolean, listener: LiveListener): ExecutionWatch;
  /** Watches all executions of a user. */
  watchUser(userId: string, output: boolean, listener: LiveListener): UserWatch;
  /** Takes what other processes tell. */
  hear(message: EventsMessage): void;
  start(): void;
  stop(): void;
}

export interface ExecutionWatch extends Disposable {
  /** What the listener has just read itself; spares a look where it is the only one. */
  knows(execution: ExecutionProgress): void;
}

export interface UserWatch extends Disposable {
  /** From when on the listener wants to hear of new executions, by the clock of the database. */
  since(time: Date): void;
}

export interface EventHubOptions {
  db: Queryable;
  announcer: Pick<WatchAnnouncer, 'watch'>;
  log: Logger;
  /** Between two looks for what was missed, and between two reads of what is new, in milliseconds. */
  lookUpMs?: number;
  pauseMs?: number;
}

interface WatchedUser {
  listeners: Set<LiveListener>;
  newSince: Date | null;
}

/** Executions read by one statement, and waiting to be read, at most. */
const maxPerRead = 500;
const maxWaiting = 20_000;

/** Statements overlap: what is stamped earlier may be committed later, by so many milliseconds. */
const commitMs = 2_000;

/** What a look finds is left alone for so many milliseconds: a message about it may be on its way, behind the text before it. */
const graceMs = 300;

/** After a read that failed, in milliseconds. */
const retryMs = 1_000;

/**
 * Messages say which executions have news; the news itself is read from PostgreSQL, by one statement for all streams of
 * the process. Messages can be lost, so everything that is watched is looked at once a second, again by one statement.
 */
export function createEventHub(options: EventHubOptions): EventHub {
  const { db, announcer, log, lookUpMs = 1_000, pauseMs = 50 } = options;
  const byExecution = new Map<string, Set<LiveListener>>();
  const byUser = new Map<string, WatchedUser>();
  const told = createToldExecutions();
  const deliveries = createDeliveries();
  const news = new Map<string, OwnedExecution>();
  let isReading = false;
  let isLooking = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  const listenersOf = (executionId: string, userId: string): LiveListener[] => [
    ...(byExecution.get(executionId) ?? []),
    ...(byUser.get(userId)?.listeners ?? []),
  ];
  const isWatched = ({ id, userId }: OwnedExecution) => byExecution.has(id) || byUser.has(userId);
  const readNews = async () => {
    const wanted = [...news.values().take(maxPerRead)];
    for (const { id } of wanted) news.delete(id);
    try {
      for (const execution of await readProgress(db, wanted)) {
        await deliveries.idle();
        const listeners = listenersOf(execution.id, execution.userId);
        for (const { event, position } of told.takeNew(execution))
          deliveries.add(storedLiveEvent(execution, event, position), listeners);
      }
    } catch (error) {
      log.warn({ err: error, executions: wanted.length }, 'news of executions not read');
      for (const execution of wanted) news.set(execution.id, execution);
      await pause(retryMs);
    }
  };
  const readAll = async () => {
    isReading = true;
    while (news.size > 0 && !isStopped) {
      await readNews();
      await pause(pauseMs);
    }
    isReading = false;
  };
  const expect = (executions: Iterable<OwnedExecution>) => {
    for (const execution of executions)
      if (news.size < maxWaiting && isWatched(execution)) news.set(execution.id, execution);
    if (!isReading) void readAll();
  };
  const lookUp = async () => {
    if (isLooking || byExecution.size + byUser.size === 0) return;
    isLooking = true;
    try {
      const known = told.open().filter(isWatched);
      const fresh = [...byUser].flatMap(([userId, { newSince: since }]) => (since ? { userId, since } : []));
      const { moved, readAt } = await findMoved(
        db,
        known.map(({ id, userId, position }) => ({ id, userId, attempt: position.rank })),
        fresh,
      );
      for (const { userId } of fresh) {
        const user = byUser.get(userId);
        if (user) user.newSince = new Date(readAt.getTime() - commitMs);
      }
      const knownIds = new Set(known.map(({ id }) => id));
      const missed = moved.filter((one) => knownIds.has(one.id) || told.of(one).position.rank < 0);
      if (missed.length > 0) await pause(graceMs);
      expect(missed.filter((one) => told.of(one).position.rank < endRank));
    } catch (error) {
      log.warn({ err: error }, 'watched executions not looked up');
    } finally {
      isLooking = false;
    }
  };

  return {
    watchExecution(execution, output, listener) {
      const announced = announcer.watch(executionKey(execution.id), output);
      const listeners = byExecution.get(execution.id) ?? new Set();
      byExecution.set(execution.id, listeners.add(listener));
      return {
        knows(read) {
          // Only now, when it is known whose it is: whoever asks for what is not theirs leaves nothing behind. Others may
          // have read it earlier, and must be told what has happened since.
          const isFresh = told.of(read).position.rank < 0;
          if (isFresh && listenersOf(read.id, read.userId).length === 1) told.takeNew(read);
        },
        [Symbol.dispose]() {
          listeners.delete(listener);
          if (listeners.size === 0 && byExecution.get(execution.id) === listeners)
            byExecution.delete(execution.id);
          announced[Symbol.dispose]();
        },
      };
    },
    watchUser(userId, output, listener) {
      const announced = announcer.watch(userKey(userId), output);
      const user = byUser.get(userId) ?? { listeners: new Set(), newSince: null };
      byUser.set(userId, user);
      user.listeners.add(listener);
      return {
        since(time) {
          user.newSince ??= new Date(time.getTime() - commitMs);
        },
        [Symbol.dispose]() {
          user.listeners.delete(listener);
          if (user.listeners.size === 0 && byUser.get(userId) === user) byUser.delete(userId);
          announced[Symbol.dispose]();
        },
      };
    },
    hear({ output, changed }) {
      // Text can be spared: a gap shows in the offsets, and the whole is read at the end.
      for (const piece of output)
        if (!deliveries.isBehind())
          deliveries.add(outputLiveEvent(piece), listenersOf(piece.executionId, piece.userId));
      expect(changed.map(({ executionId: id, userId }) => ({ id, userId })));
    },
    start() {
      timer = setInterval(() => void lookUp(), lookUpMs);
    },
    stop() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}

/** Does not keep the process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
