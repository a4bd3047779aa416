import { join } from 'node:path';
import { migrateQueue } from '@formaops/queue';
import type { ProcessSpec, Subject, Target, WorkerOptions } from '../subject.ts';

const root = join(import.meta.dirname, '../../..');

/** The product, with everything on; only the worker's model is the instant one. */
export const formaops: Subject = {
  name: 'formaops',
  title: 'FormaOps',
  backends: ['redis', 'postgres'],
  async prepare({ backend, databaseUrl }) {
    if (backend === 'postgres') await migrateQueue({ databaseUrl });
  },
  api: (target) => ({
    script: join(root, 'apps/api/src/main.ts'),
    // The model simulator is told by the model's name what it shall do.
    env: { ...storesOf(target), PORT: '0', ALLOWED_MODELS: 'gpt-4o-mini*' },
  }),
  worker: (target, { concurrency }) => ({
    script: join(import.meta.dirname, 'worker.ts'),
    env: { ...storesOf(target), OPENAI_API_KEY: 'unused', WORKER_CONCURRENCY: String(concurrency) },
  }),
};

/** The product's own stand-in for a provider. */
export const modelSimulator: ProcessSpec = {
  script: join(root, 'apps/model-simulator/src/main.ts'),
  env: { PORT: '0' },
};

/** The worker as it is shipped, which calls a provider over HTTP. */
export function openAiWorker(target: Target, { concurrency }: WorkerOptions, modelUrl: string): ProcessSpec {
  return {
    script: join(root, 'apps/worker/src/main.ts'),
    env: {
      ...storesOf(target),
      OPENAI_BASE_URL: `${modelUrl}/v1`,
      OPENAI_API_KEY: 'simulator',
      WORKER_CONCURRENCY: String(concurrency),
    },
  };
}

function storesOf({ databaseUrl, redisUrl }: Target): Record<string, string> {
  return { DATABASE_URL: databaseUrl, ...(redisUrl !== null && { QUEUE_URL: redisUrl }) };
}
