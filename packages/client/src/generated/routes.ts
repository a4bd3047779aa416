// Made of docs/api/openapi.json by `node scripts/render-docs.ts`; a test compares them.
import type { Route } from '../prepare.ts';
import type { OperationId } from '../types.ts';

/** Codes of the API. */
export type ErrorCode =
  | 'BACKLOG_LIMIT'
  | 'COST_LIMIT'
  | 'DATABASE_BUSY'
  | 'DATABASE_UNAVAILABLE'
  | 'EXECUTION_ALREADY_FINISHED'
  | 'EXECUTION_HAS_NO_OUTPUT'
  | 'EXECUTION_NOT_FINISHED'
  | 'EXECUTION_REDACTED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'INTERNAL'
  | 'INVALID_API_KEY'
  | 'INVALID_JSON'
  | 'INVALID_REQUEST'
  | 'METRICS_PREPARING'
  | 'NOT_FOUND'
  | 'OVERLOADED'
  | 'PAYLOAD_TOO_LARGE'
  | 'PLAN_FORBIDDEN'
  | 'PRECONDITION_FAILED'
  | 'PROMPT_ARCHIVED'
  | 'PROMPT_EMPTY'
  | 'PROMPT_IN_USE'
  | 'PROMPT_NOT_PUBLISHED'
  | 'PROMPT_TOO_LONG'
  | 'RATE_LIMITED'
  | 'REQUEST_TIMEOUT'
  | 'SANDBOX_UNAVAILABLE'
  | 'SCOPE_MISSING'
  | 'SHUTTING_DOWN'
  | 'TOO_MANY_API_KEYS'
  | 'TOO_MANY_STREAMS'
  | 'TOO_MANY_VALIDATIONS'
  | 'TOO_MANY_WEBHOOKS'
  | 'UNAUTHENTICATED'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'VALIDATION_NAME_TAKEN'
  | 'WEBHOOKS_UNAVAILABLE'
  | 'WEBHOOK_INACTIVE';

export const routes: Record<OperationId, Route> = {
  submitExecution: { method: 'POST', path: '/v1/executions', takesKey: true },
  listExecutions: { method: 'GET', path: '/v1/executions' },
  getExecution: { method: 'GET', path: '/v1/executions/{id}' },
  deleteExecution: { method: 'DELETE', path: '/v1/executions/{id}' },
  listLogs: { method: 'GET', path: '/v1/executions/{id}/logs' },
  cancelExecution: { method: 'POST', path: '/v1/executions/{id}/cancel' },
  revalidateExecution: { method: 'POST', path: '/v1/executions/{id}/revalidate' },
  getRevalidation: { method: 'GET', path: '/v1/executions/{id}/revalidations/{revalidationId}' },
  redactExecution: { method: 'POST', path: '/v1/executions/{id}/redact' },
  rerunExecution: { method: 'POST', path: '/v1/executions/{id}/rerun', takesKey: true },
  submitBatch: { method: 'POST', path: '/v1/executions/batch' },
  cancelExecutions: { method: 'POST', path: '/v1/executions/cancel' },
  listPrompts: { method: 'GET', path: '/v1/prompts' },
  createPrompt: { method: 'POST', path: '/v1/prompts' },
  getPrompt: { method: 'GET', path: '/v1/prompts/{id}' },
  updatePrompt: { method: 'PATCH', path: '/v1/prompts/{id}' },
  deletePrompt: { method: 'DELETE', path: '/v1/prompts/{id}' },
  publishPrompt: { method: 'POST', path: '/v1/prompts/{id}/publish' },
  archivePrompt: { method: 'POST', path: '/v1/prompts/{id}/archive' },
  listPromptVersions: { method: 'GET', path: '/v1/prompts/{id}/versions' },
  getPromptVersion: { method: 'GET', path: '/v1/prompts/{id}/versions/{version}' },
  restorePromptVersion: { method: 'POST', path: '/v1/prompts/{id}/versions/{version}/restore' },
  listValidations: { method: 'GET', path: '/v1/prompts/{id}/validations' },
  createValidation: { method: 'POST', path: '/v1/prompts/{id}/validations' },
  getValidation: { method: 'GET', path: '/v1/prompts/{id}/validations/{validationId}' },
  updateValidation: { method: 'PATCH', path: '/v1/prompts/{id}/validations/{validationId}' },
  deleteValidation: { method: 'DELETE', path: '/v1/prompts/{id}/validations/{validationId}' },
  tryValidation: { method: 'POST', path: '/v1/validations/try' },
  listApiKeys: { method: 'GET', path: '/v1/api-keys' },
  createApiKey: { method: 'POST', path: '/v1/api-keys' },
  getApiKey: { method: 'GET', path: '/v1/api-keys/{id}' },
  updateApiKey: { method: 'PATCH', path: '/v1/api-keys/{id}' },
  revokeApiKey: { method: 'POST', path: '/v1/api-keys/{id}/revoke' },
  getMe: { method: 'GET', path: '/v1/me' },
  followExecution: { method: 'GET', path: '/v1/executions/{id}/events' },
  followExecutions: { method: 'GET', path: '/v1/events' },
  getMetricsSummary: { method: 'GET', path: '/v1/metrics/summary' },
  listMetricsByPrompt: { method: 'GET', path: '/v1/metrics/prompts' },
  listMetricsByModel: { method: 'GET', path: '/v1/metrics/models' },
  getMetricsTimeseries: { method: 'GET', path: '/v1/metrics/timeseries' },
  createWebhook: { method: 'POST', path: '/v1/webhooks' },
  listWebhooks: { method: 'GET', path: '/v1/webhooks' },
  updateWebhook: { method: 'PATCH', path: '/v1/webhooks/{id}' },
  deleteWebhook: { method: 'DELETE', path: '/v1/webhooks/{id}' },
  getWebhook: { method: 'GET', path: '/v1/webhooks/{id}' },
  rotateWebhookSecret: { method: 'POST', path: '/v1/webhooks/{id}/rotate-secret' },
  listWebhookDeliveries: { method: 'GET', path: '/v1/webhooks/{id}/deliveries' },
  getWebhookDelivery: { method: 'GET', path: '/v1/webhooks/{id}/deliveries/{deliveryId}' },
  redeliverWebhook: { method: 'POST', path: '/v1/webhooks/{id}/deliveries/{deliveryId}/redeliver' },
  testWebhook: { method: 'POST', path: '/v1/webhooks/{id}/test' },
};
