export { apiKeyPattern, apiKeyPrefix, createApiKey, isWellFormedApiKey } from './api-key/api-key.ts';
export { type Scope, scopes } from './api-key/scopes.ts';
export { assertNever } from './assert-never.ts';
export { type Bag, createBag } from './collections/bag.ts';
export {
  type CatalogueEntry,
  catalogue,
  type ErrorCode,
  type Fault,
  isErrorCode,
} from './errors/catalogue.ts';
export { FormaError, type FormaErrorOptions, isFormaError } from './errors/forma-error.ts';
export {
  type BegunCall,
  type BreakerEvents,
  type BreakerPolicy,
  type CallVerdict,
  type CircuitBreakers,
  createCircuitBreakers,
  defaultBreakerPolicy,
} from './execution/circuit-breaker.ts';
export {
  type AbortReason,
  type AttemptEnd,
  type AttemptHistory,
  decideOutcome,
  type Outcome,
} from './execution/decide-outcome.ts';
export type {
  Execution,
  ExecutionError,
  ExecutionSummary,
  JsonObject,
  JsonValue,
  ModelParameters,
  ResponseFormat,
  TokenUsage,
} from './execution/execution.ts';
export {
  type ClaimRefusal,
  type MachineState,
  type Move,
  maxCrashAttempts,
  type Step,
  step,
  submittedState,
  whyNotClaimable,
} from './execution/machine.ts';
export { priorityHandicapMs } from './execution/priority.ts';
export {
  createRetryBudget,
  defaultRetryBudget,
  type RetryBudget,
  type RetryBudgetPolicy,
} from './execution/retry-budget.ts';
export { defaultRetryPolicy, type RetryPolicy, retryDelayMs } from './execution/retry-policy.ts';
export {
  type ExecutionStatus,
  executionStatuses,
  isTerminal,
  type LogLevel,
  logLevels,
  type Priority,
  priorities,
  type TerminalStatus,
  terminalStatuses,
  type ValidationStatus,
  type ValidationType,
  validationStatuses,
  validationTypes,
} from './execution/status.ts';
export { type ExecutionEvent, isLegalMove, legalMoves, transitions } from './execution/transitions.ts';
export {
  changePlanLimits,
  defaultDeadlineMs,
  defaultPlanLimits,
  defaultTimeoutMs,
  type LimitsByPlan,
  type PlanLimits,
  plans,
  type UserPlan,
} from './plan/plan-limits.ts';
export type { Clock, Logger, Random } from './ports.ts';
export { checkPrompt, type PromptWarning, warnOfPrompt } from './prompt/check-prompt.ts';
export { promptLimits } from './prompt/limits.ts';
export { maxPromptChars, type Rendered, renderTemplate } from './prompt/template.ts';
export type { PromptProblem } from './prompt/variable-definitions.ts';
export {
  type CheckedInputs,
  checkInputs,
  type InputProblem,
  type VariableDefinition,
  type VariableType,
  variableTypes,
} from './prompt/variables.ts';
export { cleanText } from './text/clean-text.ts';
export { normaliseEmail } from './user/email.ts';
export {
  type DeliveryDecision,
  type DeliveryResult,
  decideDelivery,
  deliveryDelaysMs,
  disableAfterMs,
  endpointPauseMs,
  maxDeliveryTries,
  pauseAfterFailures,
} from './webhook/decide-delivery.ts';
export {
  everyEventType,
  type WebhookDeliveryStatus,
  type WebhookDisabledReason,
  type WebhookEventType,
  webhookDeliveryStatuses,
  webhookDisabledReasons,
  webhookEventTypes,
  webhookTestType,
} from './webhook/events.ts';
export { isPublicAddress } from './webhook/public-address.ts';
export {
  maxWebhookUrlLength,
  type ReadWebhookUrl,
  readWebhookUrl,
  type WebhookUrlPolicy,
} from './webhook/read-webhook-url.ts';
export {
  createSealingKey,
  openSecret,
  type SealingKey,
  sealNonceBytes,
  sealSecret,
} from './webhook/sealed-secret.ts';
export {
  createWebhookSecret,
  type WebhookMessage,
  webhookHeaders,
  webhookSecretBytes,
  webhookSecretPrefix,
} from './webhook/signature.ts';
