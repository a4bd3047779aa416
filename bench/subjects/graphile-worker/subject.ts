import { join } from 'node:path';
import { runMigrations } from 'graphile-worker';
import { switchOffTriggers } from '../peer/switch-off-triggers.ts';
import { peerEnv } from '../peer-env.ts';
import type { Subject } from '../subject.ts';

/** Express, SQL written by hand and graphile-worker, whose job is added in the statement that stores the row. */
export const graphileWorker: Subject = {
  name: 'graphile-worker',
  title: 'graphile-worker',
  backends: ['postgres'],
  async prepare({ databaseUrl }) {
    await runMigrations({ connectionString: databaseUrl });
    await switchOffTriggers(databaseUrl);
  },
  api: (target) => ({ script: join(import.meta.dirname, 'api.ts'), env: peerEnv(target) }),
  worker: (target, options) => ({
    script: join(import.meta.dirname, 'worker.ts'),
    env: peerEnv(target, options),
  }),
};
