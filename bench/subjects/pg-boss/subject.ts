import { join } from 'node:path';
import { PgBoss } from 'pg-boss';
import { switchOffTriggers } from '../peer/switch-off-triggers.ts';
import { peerEnv } from '../peer-env.ts';
import type { Subject } from '../subject.ts';
import { bossQueue, writeEach } from './queue.ts';

/** Express, SQL written by hand and pg-boss, whose job is sent in the transaction that stores the row. */
export const pgBoss: Subject = {
  name: 'pg-boss',
  title: 'pg-boss',
  backends: ['postgres'],
  async prepare({ databaseUrl }) {
    const boss = new PgBoss({ connectionString: databaseUrl, supervise: false, schedule: false });
    await boss.start();
    // A table of its own, as its guide advises for busy queues; it makes no difference here. With `notify` workers begin
    // within 10 ms, without it a poll decides (every 500 ms at best), and the API takes no more requests.
    await boss.createQueue(bossQueue, { partition: true, notify: true, retryLimit: 2, retryBackoff: true });
    await boss.stop({ graceful: false });
    await switchOffTriggers(databaseUrl);
  },
  api: (target) => ({ script: join(import.meta.dirname, 'api.ts'), env: peerEnv(target) }),
  worker: (target, options) => ({
    script: join(import.meta.dirname, 'worker.ts'),
    env: peerEnv(target, options),
  }),
};

/** The same with a worker that writes the rows of each execution by itself, as one does whose model calls end at different times. */
export const pgBossEach: Subject = {
  ...pgBoss,
  name: 'pg-boss-each',
  title: 'pg-boss, rows one by one',
  isVariant: true,
  worker: (target, options) => ({ ...pgBoss.worker(target, options), args: [writeEach] }),
};
