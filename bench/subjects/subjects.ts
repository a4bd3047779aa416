import { formaops } from './formaops/subject.ts';
import { graphileWorker } from './graphile-worker/subject.ts';
import { obvious } from './obvious/subject.ts';
import { pgBoss, pgBossEach } from './pg-boss/subject.ts';
import { plainBullmq } from './plain-bullmq/subject.ts';
import type { Subject } from './subject.ts';

/** All contestants, in the order of the report. */
export const subjects: readonly Subject[] = [
  formaops,
  obvious,
  plainBullmq,
  graphileWorker,
  pgBoss,
  pgBossEach,
];
