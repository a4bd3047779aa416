import { defaultPlanLimits } from '@formaops/core';
import { insertExecutions, type Queryable } from '@formaops/db';
import type { Producer } from '@formaops/queue';
import { systemClock } from '@formaops/runtime';
import { recordingLog } from '@formaops/testing';
import type { ApiDeps } from './api-deps.ts';
import { createFinishWaiters } from './background/finish-waiters.ts';
import { createKnownCallers } from './background/known-callers.ts';
import { createKnownPrompts } from './background/known-prompts.ts';
import { createRinger, type RingerDeps } from './background/ringer.ts';
import { createEventHub } from './events/event-hub.ts';
import { createEventStreams } from './events/event-streams.ts';
import { closeServer, listen, portOf } from './http/listen.ts';
import type { HealthDeps } from './routes/health.ts';
import { createApi } from './server.ts';

/** The API's app on parts that a test chooses; gone when the test's scope ends. */
export interface TestApp extends AsyncDisposable {
  url: string;
  log: ReturnType<typeof recordingLog>;
}

/** A queue that takes every bell and rings none. */
export const noProducer: Producer = {
  ring: async () => undefined,
  remove: async () => undefined,
  known: async () => new Set(),
  counts: async () => ({ waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0 }),
  waiting: async () => 0,
  close: async () => undefined,
};

const noRequests = { requests: 0, endsAtMs: 0 };

/**
 * @param changes parts that differ from ones that take everything and do nothing.
 * @param limits how slowly requests may arrive.
 */
export async function startTestApp(
  db: Queryable,
  changes: Partial<ApiDeps & HealthDeps & RingerDeps> = {},
  limits?: Parameters<typeof listen>[3],
): Promise<TestApp> {
  const log = recordingLog();
  const ringing: RingerDeps = {
    producer: noProducer,
    ringReceipts: { note: () => undefined, takeBack: () => undefined },
    failpoint: () => undefined,
    log,
    ...changes,
  };
  const deps: ApiDeps & HealthDeps = {
    db,
    callers: createKnownCallers(db, systemClock),
    prompts: createKnownPrompts(db),
    insert: async (execution) => {
      const [inserted] = await insertExecutions(db, [execution]);
      return inserted ?? { kind: 'stale' };
    },
    producer: noProducer,
    signals: { publishCancel: () => undefined, publishFinished: () => undefined },
    waiters: createFinishWaiters(db, log),
    events: {
      publisher: { changed: () => undefined },
      hub: createEventHub({ db, announcer: { watch: () => ({ [Symbol.dispose]: () => undefined }) }, log }),
      streams: createEventStreams({ db, maxStreams: 10, maxStreamsPerUser: 10, clock: systemClock, log }),
    },
    keyUsage: { note: () => undefined },
    ringer: createRinger(ringing),
    line: { isLong: () => false },
    judge: {
      judge: () => Promise.reject(new Error('nothing to judge')),
      check: async () => ({ code: null, problems: [], warnings: [] }),
    },
    limits: defaultPlanLimits,
    backlogs: { reserve: async () => undefined },
    spending: { check: async () => undefined },
    requestCounts: { add: () => noRequests, of: () => noRequests },
    corsOrigins: [],
    bellLostMs: 5_000,
    bellRepeatMs: 60_000,
    webhooks: { keys: [], allowPrivate: false },
    failpoint: () => undefined,
    models: { allowed: ['gpt-4o-mini'], fallback: 'gpt-4o-mini' },
    log,
    isStopping: () => false,
    isDatabaseUp: async () => true,
    checkQueue: async () => ({ state: 'ready', warnings: [] }),
    ...changes,
  };
  const server = await listen(createApi(deps, deps, null), 0, '127.0.0.1', limits);
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    log,
    [Symbol.asyncDispose]: () => closeServer(server, 0),
  };
}
