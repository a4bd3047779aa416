import type { Priority } from '@formaops/core';
import type pg from 'pg';
import { type Db, PgBoss } from 'pg-boss';
import { openPeerPool } from '../peer/open-peer-pool.ts';
import { servePeerApi } from '../peer/peer-api.ts';
import { peerLog } from '../peer/peer-log.ts';
import { createStore } from '../peer/store-execution.ts';
import { readPeerEnv } from '../peer-env.ts';
import { bossQueue } from './queue.ts';

const env = readPeerEnv();
const db = openPeerPool(env.databaseUrl, 'api');
const store = createStore(db, env.userId);
// It only sends; the worker looks after the queue.
const boss = new PgBoss({
  connectionString: env.databaseUrl,
  max: 2,
  supervise: false,
  schedule: false,
  migrate: false,
});
boss.on('error', (error) => peerLog.error({ err: error }, 'queue error'));
await boss.start();

/** Greater runs first. */
const priorities: Readonly<Record<Priority, number>> = { CRITICAL: 3, HIGH: 2, NORMAL: 1, LOW: 0 };

await servePeerApi({
  async submit(body) {
    const client = await db.connect();
    try {
      await client.query('BEGIN');
      const stored = await store(body, client);
      if (stored) {
        const options = { db: preparing(client), priority: priorities[body.priority] };
        await boss.send(bossQueue, { executionId: stored.id }, options);
      }
      await client.query('COMMIT');
      client.release();
      return stored;
    } catch (error) {
      client.release(true);
      throw error;
    }
  },
  async close() {
    await boss.stop({ graceful: true, timeout: 5_000 });
    await db.end();
  },
});

/** pg-boss sends one and the same statement each time. */
function preparing(client: pg.PoolClient): Db {
  return { executeSql: (text, values) => client.query({ name: 'pg-boss-send', text, values: values ?? [] }) };
}
