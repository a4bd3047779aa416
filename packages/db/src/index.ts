export {
  findApiKey,
  type IssuedApiKey,
  insertApiKey,
  issueApiKey,
  listApiKeys,
  maxApiKeys,
  type NewApiKey,
  renameApiKey,
  revokeApiKey,
  type StoredApiKey,
} from './api-keys/api-keys.ts';
export { type Caller, findActiveKeys, findCaller, hashApiKey, noteKeysUsed } from './api-keys/callers.ts';
export type { Invariant } from './audit/invariant.ts';
export { findOpenWork, type OpenWork } from './audit/open-work.ts';
export { type AuditOptions, type InvariantReport, maxCounted, runAudit } from './audit/run-audit.ts';
export { type CancelFilter, findCancellable } from './executions/find-cancellable.ts';
export {
  findByIdempotencyKey,
  forgetIdempotencyKeys,
  type Inserted,
  insertExecutions,
  type NewExecution,
} from './executions/insert.ts';
export {
  type ExecutionProgress,
  findMoved,
  type KnownProgress,
  listProgressSince,
  type MovedExecutions,
  type NewSince,
  type OwnedExecution,
  readDatabaseTime,
  readProgress,
} from './executions/progress.ts';
export {
  type AttemptView,
  countRunning,
  countWaiting,
  type ExecutionDetails,
  findEnded,
  findExecution,
  findRevalidation,
  hasExecution,
  type ListedExecution,
  type ListFilter,
  type ListPosition,
  type LogView,
  listExecutions,
  listLogs,
  type Revalidation,
  type RevalidationView,
  type VerdictView,
} from './executions/queries.ts';
export { type NewRevalidation, storeRevalidation } from './executions/revalidations.ts';
export type { AttemptEnding, LogLine, NewVerdict } from './executions/transition/attempt-records.ts';
export {
  type BellTimes,
  countRing,
  noteNotRung,
  noteRung,
  takeUnheardBells,
  type UnheardBell,
} from './executions/transition/bells.ts';
export {
  type Claim,
  type ClaimAnswer,
  type ClaimedExecution,
  type ClaimRules,
  claim,
  type RefusedClaim,
} from './executions/transition/claim.ts';
export { type HandBack, type HandedBack, handBack } from './executions/transition/hand-back.ts';
export { type Heartbeat, type HeartbeatAnswer, heartbeat } from './executions/transition/heartbeat.ts';
export { expire, rescue } from './executions/transition/maintain.ts';
export type { Maintained } from './executions/transition/maintained.ts';
export { park, type UnparkOptions, unpark } from './executions/transition/parking.ts';
export { type Redacted, redactExecution } from './executions/transition/redact.ts';
export {
  type CancelledExecution,
  type CancelWish,
  requestCancel,
} from './executions/transition/request-cancel.ts';
export type { RunningCaps } from './executions/transition/running-caps.ts';
export { type Settled, type Settlement, settle } from './executions/transition/settle.ts';
export type { Written } from './executions/transition/written.ts';
export { createGroupCommit, type GroupCommitOptions } from './group-commit.ts';
export { areFactsComplete, backfillFacts } from './metrics/backfill.ts';
export type { Figures } from './metrics/figures.ts';
export type { MetricsSelection } from './metrics/selection.ts';
export {
  type MetricsOrder,
  type ModelFigures,
  type PromptFigures,
  summarizeByModel,
  summarizeByPrompt,
  summarizeExecutions,
} from './metrics/summarize.ts';
export { executionTimeseries, type TimeFigures } from './metrics/timeseries.ts';
export { compareMigrations, type MigrationState } from './migrations/compare-migrations.ts';
export { migrate, schemaAsSql } from './migrations/migrate.ts';
export { newId } from './new-id.ts';
export { isDatabaseBusy, isDatabaseUnavailable, openPool, type PoolOptions, type Queryable } from './pool.ts';
export { openPrisma } from './prisma-client.ts';
export type {
  Prompt,
  PromptDetails,
  PromptStatus,
  TaggedPrompt,
} from './prompts/prompt-row.ts';
export {
  type ActiveValidation,
  findPrompt,
  findRunnablePrompt,
  listActiveValidations,
  listPrompts,
  type PromptFilter,
  type PromptPage,
  type RunnablePrompt,
} from './prompts/queries.ts';
export { findVersion, listVersions, type PromptVersion, type VersionSummary } from './prompts/versions.ts';
export {
  archivePrompt,
  deletePrompt,
  hasRun,
  insertPrompt,
  type NewPrompt,
  type PromptChanges,
  type PromptTarget,
  publishPrompt,
  restoreVersion,
  updatePrompt,
} from './prompts/writes.ts';
export { seed } from './seed.ts';
export { addRequests, type MinuteRequests } from './users/requests.ts';
export { type DaySpend, findSpentToday } from './users/spend.ts';
export {
  type Bootstrapped,
  bootstrapUser,
  type CreatedUser,
  findUser,
  findUserByEmail,
  insertUser,
  listUsers,
  type NewUser,
  type StoredUser,
  type UserChanges,
  updateUser,
} from './users/users.ts';
export {
  deleteValidation,
  findValidation,
  insertValidation,
  listValidations,
  maxValidations,
  type NewValidation,
  type StoredValidation,
  updateValidation,
  type ValidationChanges,
  type ValidationWrite,
} from './validations/validations.ts';
export {
  type DeliveryAttempt,
  type DeliveryFilter,
  type DeliveryRequest,
  findDelivery,
  insertTestDelivery,
  listDeliveries,
  redeliver,
  type WebhookDelivery,
} from './webhooks/deliveries.ts';
export { type DeliverySettlement, type SettledDelivery, settleDelivery } from './webhooks/settle-delivery.ts';
export {
  type DueDelivery,
  putOffDelivery,
  type TakeOptions,
  takeDueDeliveries,
} from './webhooks/take-due.ts';
export { deliveriesKeptMs, giveUpDeliveries, pruneDeliveries } from './webhooks/tidy-deliveries.ts';
export {
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  maxWebhooks,
  type NewWebhook,
  rotateWebhookSecret,
  secretOverlapMs,
  updateWebhook,
  type Webhook,
  type WebhookChanges,
} from './webhooks/webhooks.ts';
