import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { startHealthServer } from './health-server.ts';
import { createWorkerHealth, type WorkerHealthDeps } from './worker-health.ts';

/** The server of a worker that is well, but for these changes. */
async function setup(changes: Partial<WorkerHealthDeps> = {}) {
  const health = createWorkerHealth({
    isStopping: () => false,
    isStuck: () => false,
    sinceMaintenanceMs: () => 1_000,
    maintenancePatienceMs: 1_000,
    isDatabaseUp: async () => true,
    checkQueue: async () => ({ state: 'ready', warnings: [] }),
    ...changes,
  });
  const server = startHealthServer(0, health);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    async get(path: string) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      const text = await response.text();
      return [response.status, text === '' ? null : JSON.parse(text)];
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const down = {
  isStopping: () => true,
  isDatabaseUp: async () => false,
  checkQueue: async () => ({ state: 'unreachable', reason: 'refused' }) as const,
};

describe('/health/ready', () => {
  const up = { database: 'up', queue: 'up' };
  it.each<[string, Partial<WorkerHealthDeps>, number, object]>([
    ['everything is there', {}, 200, { status: 'ready', ...up }],
    ['it stops', { isStopping: () => true }, 503, { status: 'stopping', ...up }],
    [
      'the database is away',
      { isDatabaseUp: async () => false },
      503,
      { status: 'not ready', database: 'down', queue: 'up' },
    ],
    [
      'the queue is away',
      { checkQueue: down.checkQueue },
      503,
      { status: 'not ready', database: 'up', queue: 'down' },
    ],
    [
      'the queue must not be used as it is',
      { checkQueue: async () => ({ state: 'unfit', reason: 'it evicts' }) },
      503,
      { status: 'not ready', database: 'up', queue: 'unfit', queueProblem: 'it evicts' },
    ],
    [
      'the queue is at risk',
      { checkQueue: async () => ({ state: 'ready', warnings: ['almost full'] }) },
      200,
      { status: 'ready', ...up },
    ],
  ])('tells how things stand when %s', async (_, changes, status, body) => {
    await using server = await setup(changes);
    expect(await server.get('/health/ready')).toEqual([status, body]);
  });
});

describe('/health/live', () => {
  it('is well whatever is down elsewhere, for a new process would not help', async () => {
    await using server = await setup(down);
    expect(await server.get('/health/live')).toEqual([200, { status: 'live' }]);
  });

  it('is well while it stops, however long its last pass takes', async () => {
    await using server = await setup({ isStopping: () => true, sinceMaintenanceMs: () => 1_001 });
    expect(await server.get('/health/live')).toEqual([200, { status: 'live' }]);
  });

  it.each<[string, Partial<WorkerHealthDeps>, string]>([
    ['the watchdog has given up', { isStuck: () => true }, 'waiting bells not fetched'],
    ['maintenance hangs', { sinceMaintenanceMs: () => 1_001 }, 'maintenance hangs'],
  ])('asks for a new process when %s', async (_, changes, problem) => {
    await using server = await setup(changes);
    expect(await server.get('/health/live')).toEqual([503, { status: 'stuck', problem }]);
  });
});

it.each(['/', '/health'])('has nothing else: %s', async (path) => {
  await using server = await setup();
  expect(await server.get(path)).toEqual([404, null]);
});
