import { connect, type Socket } from 'node:net';
import { changePlanLimits, type LimitsByPlan, type Scope, type SealingKey, scopes } from '@formaops/core';
import { insertApiKey, openPool, type Queryable } from '@formaops/db';
import { systemClock } from '@formaops/runtime';
import { createSandboxedJudge } from '@formaops/validation';
import type { TestApi } from '../api.fixture.ts';
import { startTestApp } from '../app.fixture.ts';
import { createKnownCallers } from '../background/known-callers.ts';
import { createRequestCounts } from '../background/request-counts.ts';
import { createEventHub } from '../events/event-hub.ts';
import { createEventStreams, type EventStreamsOptions } from '../events/event-streams.ts';
import { follow } from '../events/follow.fixture.ts';
import { until } from '../until.fixture.ts';
import { call } from './call.fixture.ts';
import { maxBodyBytes } from './json-body.ts';

export const databaseFaults = ['INTERNAL', 'DATABASE_UNAVAILABLE', 'DATABASE_BUSY'] as const;
export type DatabaseFault = (typeof databaseFaults)[number];

/** Where something is wrong: addresses of APIs on one database, and users to ask as. Each is made when it is asked for first. */
export interface Troubles extends AsyncDisposable {
  /** A key that has the other scope only. */
  keyWithout(scope: Scope): Promise<string>;
  /** Its database fails as soon as anything is asked of it. */
  failing(fault: DatabaseFault): Promise<string>;
  /** The same, but who calls is known already. */
  failingLater(fault: DatabaseFault): Promise<string>;
  /** As many requests as the plan allows in this minute were sent. */
  usedUp(): Promise<{ url: string; apiKey: string }>;
  /** It waits for nobody. */
  impatient(): Promise<string>;
  /** At the API itself, as many bodies are on their way as a user may send at a time; gone when they are out of scope. */
  crowd(): Promise<{ apiKey: string } & AsyncDisposable>;
  /** Its database leaves everything open, and the user waits for as many figures as it may. */
  waiting(): Promise<{ url: string; apiKey: string }>;
  /** The user follows as many streams as it may. */
  following(): Promise<{ url: string; apiKey: string }>;
  /** As many streams are followed as there may be. */
  full(): Promise<string>;
  /** It is being stopped. */
  stopping(): Promise<string>;
  /** No process is free to look at a validation. */
  withoutSandbox(): Promise<string>;
  withoutWebhookKeys(): Promise<string>;
}

/** What the database really answers with; `null` where it is not there. */
const statements: Record<DatabaseFault, string | null> = {
  INTERNAL: 'SELECT FROM a_table_that_somebody_forgot',
  DATABASE_UNAVAILABLE: null,
  // As it ends what has taken too long.
  DATABASE_BUSY: 'SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(10)',
};

export function createTroubles({ url, db, log, user }: TestApi, keys: readonly SealingKey[]): Troubles {
  const stack = new AsyncDisposableStack();
  const start = async (
    changes: Parameters<typeof startTestApp>[1] = {},
    database: Queryable = db,
    limits?: Parameters<typeof startTestApp>[2],
  ) => {
    const webhooks = { keys, allowPrivate: false };
    return stack.use(await startTestApp(database, { webhooks, ...changes }, limits)).url;
  };
  const nowhere = openPool({ databaseUrl: 'postgres://127.0.0.1:1/', max: 1, applicationName: 'test', log });
  stack.defer(() => nowhere.end());
  const broken = (fault: DatabaseFault): Queryable => {
    const statement = statements[fault];
    const query = () => (statement === null ? nowhere : db).query(statement ?? 'SELECT');
    return { query } as unknown as Queryable;
  };

  const startWithStreams = (limits: Partial<EventStreamsOptions>, isStopping = false) => {
    const streams = createEventStreams({
      db,
      maxStreams: 10,
      maxStreamsPerUser: 10,
      clock: systemClock,
      log,
      ...limits,
    });
    if (isStopping) streams.stop();
    const announcer = { watch: () => ({ [Symbol.dispose]: () => undefined }) };
    const hub = createEventHub({ db, announcer, log });
    return start({ events: { publisher: { changed: () => undefined }, hub, streams } });
  };
  const followAt = async (at: string) => {
    const { apiKey } = await user();
    const stream = stack.use(await follow(`${at}/v1/events`, apiKey));
    if (stream.status !== 200) throw new Error(`a stream was answered ${stream.status}`);
    return apiKey;
  };

  return {
    keyWithout: once(async (scope) => {
      const { userId } = await user('PRO');
      const name = `without ${scope}`;
      const issued = await insertApiKey(db, userId, { name, scopes: scopes.filter((one) => one !== scope) });
      if (issued.kind !== 'issued') throw new Error(`no key was issued: ${issued.kind}`);
      return issued.secret;
    }),
    failing: once((fault) => start({}, broken(fault))),
    failingLater: once((fault) => start({ callers: createKnownCallers(db, systemClock) }, broken(fault))),
    usedUp: once(async () => {
      const now = new Date();
      const requestCounts = createRequestCounts(db, log, { now: () => now });
      const at = await start({ limits: limitsWith('FREE.requestsPerMinute=1'), requestCounts });
      const { apiKey } = await user('FREE');
      await call(`${at}/v1/me`, { headers: { authorization: `Bearer ${apiKey}` } });
      return { url: at, apiKey };
    }),
    impatient: once(() =>
      start({}, db, { headersTimeout: 50, requestTimeout: 50, connectionsCheckingInterval: 10 }),
    ),
    async crowd() {
      const { apiKey, post } = await user();
      const sockets: Socket[] = [];
      const announce = () => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
        socket.write(headOfLarge('POST /v1/executions', apiKey));
        sockets.push(socket);
      };
      const isRefused = async () => (await post('/v1/prompts', '{')).status === 503;
      await until(
        () => {
          // The small body may have taken the last bit of room from a large one.
          do announce();
          while (sockets.length < bodiesOfUser);
          return isRefused();
        },
        (refused) => refused,
      );
      return {
        apiKey,
        async [Symbol.asyncDispose]() {
          for (const socket of sockets) socket.destroy();
          // Of all users together there is room for three more such crowds only.
          await until(isRefused, (refused) => !refused);
        },
      };
    },
    waiting: once(async () => {
      const { promise, reject } = Promise.withResolvers<never>();
      const query = () => promise;
      const callers = createKnownCallers(db, systemClock);
      const at = await start({ callers }, { query } as unknown as Queryable);
      const { apiKey } = await user();
      const headers = { authorization: `Bearer ${apiKey}` };
      const asking = Array.from({ length: turnsOfUser + 1 }, () =>
        call(`${at}/v1/metrics/summary`, { headers }),
      );
      stack.defer(async () => {
        reject(new Error('the database is gone'));
        await Promise.allSettled(asking);
      });
      // Who is one too many is answered.
      await Promise.race(asking);
      return { url: at, apiKey };
    }),
    following: once(async () => {
      const at = await startWithStreams({ maxStreamsPerUser: 1 });
      return { url: at, apiKey: await followAt(at) };
    }),
    full: once(async () => {
      const at = await startWithStreams({ maxStreams: 1 });
      await followAt(at);
      return at;
    }),
    stopping: once(() => startWithStreams({}, true)),
    withoutSandbox: once(() => start({ judge: createSandboxedJudge({ children: 0, maxWaiting: 0, log }) })),
    withoutWebhookKeys: once(() => start({ webhooks: { keys: [], allowPrivate: false } })),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** @throws when an operator could not have written it so. */
export function limitsWith(...entries: string[]): LimitsByPlan {
  const limits = changePlanLimits(entries);
  if ('problem' in limits) throw new Error(limits.problem);
  return limits;
}

/** Two are answered, and so many may wait. */
const turnsOfUser = 2 + 50;

/** As many large ones are taken of one user. */
const bodiesOfUser = 16;

/** The head of a request whose body never comes. */
export function headOfLarge(line: string, apiKey: string): string {
  const headers = [`Authorization: Bearer ${apiKey}`, 'Content-Type: application/json'];
  return [`${line} HTTP/1.1`, 'Host: test', ...headers, `Content-Length: ${maxBodyBytes}`, '', ''].join(
    '\r\n',
  );
}

/** Makes a thing for each argument, once. */
function once<Made, Key = void>(make: (key: Key) => Promise<Made>): (key: Key) => Promise<Made> {
  const made = new Map<Key, Promise<Made>>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}
