import { openBullmqQueue } from '../peer/bullmq-queue.ts';
import { openPeerPool } from '../peer/open-peer-pool.ts';
import { servePeerApi } from '../peer/peer-api.ts';
import { createStore } from '../peer/store-execution.ts';
import { readPeerEnv } from '../peer-env.ts';

const env = readPeerEnv();
const db = openPeerPool(env.databaseUrl, 'api');
const queue = openBullmqQueue(env);
const store = createStore(db, env.userId);

await servePeerApi({
  async submit(body) {
    const stored = await store(body);
    if (stored) await queue.add(stored.id, body.priority);
    return stored;
  },
  async close() {
    await queue.close();
    await db.end();
  },
});
