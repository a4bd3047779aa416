import type { ApiDeps } from '../api-deps.ts';
import { envSchema } from '../env.ts';
import { apiOperations } from '../routes/operations.ts';
import { type OpenApiDocument, openApiDocument } from './document.ts';

/** The document of an API with standard settings. Nothing is connected to: its operations are described, never called. */
export function defaultDocument(): OpenApiDocument {
  const env = envSchema.parse({ DATABASE_URL: 'postgres://localhost/formaops' });
  const models = { allowed: [env.DEFAULT_MODEL, ...env.ALLOWED_MODELS], fallback: env.DEFAULT_MODEL };
  const webhooks = { keys: [], allowPrivate: env.WEBHOOK_ALLOW_PRIVATE };
  const described: Pick<ApiDeps, 'models' | 'limits' | 'webhooks'> = {
    models,
    limits: env.PLAN_LIMITS,
    webhooks,
  };
  return openApiDocument(apiOperations(described as ApiDeps));
}
