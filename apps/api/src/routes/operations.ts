import type { ApiDeps } from '../api-deps.ts';
import type { Operation } from '../http/operation.ts';
import { apiKeyOperations } from './api-keys.ts';
import { eventOperations } from './events.ts';
import { executionBatchOperations } from './execution-batch.ts';
import { bulkCancelOperations } from './execution-bulk-cancel.ts';
import { executionContentOperations } from './execution-content.ts';
import { executionRerunOperations } from './execution-rerun.ts';
import { executionOperations } from './executions.ts';
import { meOperations } from './me.ts';
import { metricsOperations } from './metrics.ts';
import { promptVersionOperations } from './prompt-versions.ts';
import { promptOperations } from './prompts.ts';
import { validationOperations } from './validations.ts';
import { webhookOperations } from './webhooks.ts';

/** Everything that can be asked of the API; what is asked most often comes first, where it is found soonest. */
export function apiOperations(deps: ApiDeps): Operation[] {
  return [
    ...executionOperations(deps),
    ...executionContentOperations(deps),
    ...executionRerunOperations(deps),
    ...executionBatchOperations(deps),
    ...bulkCancelOperations(deps),
    ...promptOperations(deps),
    ...promptVersionOperations(deps),
    ...validationOperations(deps),
    ...apiKeyOperations(deps),
    ...meOperations(deps),
    ...eventOperations(deps),
    ...metricsOperations(deps),
    ...webhookOperations(deps),
  ];
}
