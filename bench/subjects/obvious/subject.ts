import { join } from 'node:path';
import { prepareBullmq } from '../peer/prepare-bullmq.ts';
import { peerEnv } from '../peer-env.ts';
import type { Subject } from '../subject.ts';

/** What most teams would write first: Express, Prisma, one BullMQ job for each request, three writes for each execution. */
export const obvious: Subject = {
  name: 'obvious',
  title: 'The obvious build',
  backends: ['redis', 'postgres'],
  prepare: prepareBullmq,
  api: (target) => ({ script: join(import.meta.dirname, 'api.ts'), env: peerEnv(target) }),
  worker: (target, options) => ({
    script: join(import.meta.dirname, 'worker.ts'),
    env: peerEnv(target, options),
  }),
};
