import { join } from 'node:path';
import { prepareBullmq } from '../peer/prepare-bullmq.ts';
import { peerEnv } from '../peer-env.ts';
import type { Subject } from '../subject.ts';

/** Express, SQL written by hand and a plain BullMQ worker, by somebody who knows all three. */
export const plainBullmq: Subject = {
  name: 'plain-bullmq',
  title: 'Plain BullMQ',
  backends: ['redis', 'postgres'],
  prepare: prepareBullmq,
  api: (target) => ({ script: join(import.meta.dirname, 'api.ts'), env: peerEnv(target) }),
  worker: (target, options) => ({
    script: join(import.meta.dirname, 'worker.ts'),
    env: peerEnv(target, options),
  }),
};
