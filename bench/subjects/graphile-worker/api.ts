import { openPeerPool } from '../peer/open-peer-pool.ts';
import { servePeerApi } from '../peer/peer-api.ts';
import { createStore } from '../peer/store-execution.ts';
import { readPeerEnv } from '../peer-env.ts';

const env = readPeerEnv();
const db = openPeerPool(env.databaseUrl, 'api');

// In the statement that stores the row: one round trip and one commit for both. Smaller priorities run first.
const addJob = `(SELECT job.id FROM graphile_worker.add_job('execute', json_build_object('executionId', e.id),
  max_attempts => 3,
  priority => CASE e.priority WHEN 'CRITICAL' THEN 1 WHEN 'HIGH' THEN 2 WHEN 'NORMAL' THEN 3 ELSE 4 END) job)`;

await servePeerApi({ submit: createStore(db, env.userId, addJob), close: () => db.end() });
