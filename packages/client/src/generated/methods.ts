// Made of docs/api/openapi.json by `node scripts/render-docs.ts`; a test compares them.
import type { Calls } from '../calls.ts';
import type { Body, CallOptions, Query } from '../types.ts';

export function executionMethods(calls: Calls) {
  return {
    /**
     * Submit an execution.
     *
     * Stored before it is answered, and run to an end. With `wait` the answer comes when it has ended, or when the time is over. Needs the scope `write`.
     */
    submit: (body: Body<'submitExecution'>, query?: Query<'submitExecution'>, options?: CallOptions) =>
      calls.call('submitExecution', { body, query, ...options }),
    /**
     * List executions, newest first.
     *
     * Needs the scope `read`.
     */
    list: (query?: Query<'listExecutions'>, options?: CallOptions) =>
      calls.list('listExecutions', { query, ...options }),
    /**
     * Read an execution with its attempts and verdicts.
     *
     * With `wait` the answer comes when it has ended, or when the time is over. Needs the scope `read`.
     */
    get: (id: string, query?: Query<'getExecution'>, options?: CallOptions) =>
      calls.call('getExecution', { path: { id }, query, ...options }),
    /**
     * Remove the content of an execution, as redacting does.
     *
     * Removes for good its inputs, context and output, what validations said about them, and messages of the provider. Status, tokens, cost and times stay, and so does its place in lists. What was spent is accounted for by executions, so none of them disappears. Needs the scope `write`.
     */
    delete: (id: string, options?: CallOptions) =>
      calls.call('deleteExecution', { path: { id }, ...options }),
    /**
     * Read what happened to an execution, oldest first.
     *
     * Needs the scope `read`.
     */
    listLogs: (id: string, query?: Query<'listLogs'>, options?: CallOptions) =>
      calls.list('listLogs', { path: { id }, query, ...options }),
    /**
     * Cancel an execution.
     *
     * Once this was answered it never becomes COMPLETED. Cancelling again changes nothing. Needs the scope `write`.
     */
    cancel: (id: string, options?: CallOptions) =>
      calls.call('cancelExecution', { path: { id }, ...options }),
    /**
     * Judge the stored output by the prompt's validations of now.
     *
     * No model is called, and the execution stays as it is. Needs the scope `write`.
     */
    revalidate: (id: string, options?: CallOptions) =>
      calls.call('revalidateExecution', { path: { id }, ...options }),
    /**
     * Read a later judgement.
     *
     * Needs the scope `read`.
     */
    getRevalidation: (id: string, revalidationId: string, options?: CallOptions) =>
      calls.call('getRevalidation', { path: { id, revalidationId }, ...options }),
    /**
     * Remove the content of an execution that has ended.
     *
     * Removes for good its inputs, context and output, what validations said about them, and messages of the provider. Status, tokens, cost and times stay, and so does its place in lists. Again changes nothing. Needs the scope `write`.
     */
    redact: (id: string, options?: CallOptions) =>
      calls.call('redactExecution', { path: { id }, ...options }),
    /**
     * Run an execution again, as a new one.
     *
     * The new one has the same inputs and context, and whatever the body does not change, and names the first in `rerunOf`. It may be in any status. With `promptVersion` `current` it runs the version that is published now. Needs the scope `write`.
     */
    rerun: (id: string, body?: Body<'rerunExecution'>, options?: CallOptions) =>
      calls.call('rerunExecution', { path: { id }, body, ...options }),
    /**
     * Submit up to 1,000 executions.
     *
     * Each is accepted or refused by itself, with the answer that it would get alone. What waits and what is spent is counted by item, requests are counted by batch. The body may have 12 MB, and each item 1 MB. The header `Idempotency-Key` is refused: give each item its own. Needs the scope `write`.
     */
    submitBatch: (body: Body<'submitBatch'>, options?: CallOptions) =>
      calls.call('submitBatch', { body, ...options }),
    /**
     * Cancel many executions.
     *
     * Those with one of the `ids`, at most 1,000; or those that meet every condition, of which one request cancels 1,000. `all` is needed where there is no condition. Each is cancelled as by itself. Needs the scope `write`.
     */
    cancelMany: (body: Body<'cancelExecutions'>, options?: CallOptions) =>
      calls.call('cancelExecutions', { body, ...options }),
  };
}

export function promptMethods(calls: Calls) {
  return {
    /**
     * List or search prompts, newest first.
     *
     * A page of large ones, 2 MB altogether, ends before the limit. Needs the scope `read`.
     */
    list: (query?: Query<'listPrompts'>, options?: CallOptions) =>
      calls.list('listPrompts', { query, ...options }),
    /**
     * Create a prompt as a draft.
     *
     * Template and variables are checked, and all problems are told at once. Needs the scope `write`.
     */
    create: (body: Body<'createPrompt'>, options?: CallOptions) =>
      calls.call('createPrompt', { body, ...options }),
    /**
     * Read a prompt with its validations.
     *
     * Needs the scope `read`.
     */
    get: (id: string, options?: CallOptions) =>
      calls.call('getPrompt', { path: { id }, ...options }),
    /**
     * Change a prompt.
     *
     * What is left out stays. Another template or other variables make a new version, which runs at once where the prompt is published; nothing else does. Needs the scope `write`.
     */
    update: (id: string, body: Body<'updatePrompt'>, options?: CallOptions) =>
      calls.call('updatePrompt', { path: { id }, body, ...options }),
    /**
     * Delete a prompt that was never run, with its versions and validations.
     *
     * Needs the scope `write`.
     */
    delete: (id: string, options?: CallOptions) =>
      calls.call('deletePrompt', { path: { id }, ...options }),
    /**
     * Let a prompt run.
     *
     * From DRAFT, and from ARCHIVED too. Publishing again changes nothing. Needs the scope `write`.
     */
    publish: (id: string, options?: CallOptions) =>
      calls.call('publishPrompt', { path: { id }, ...options }),
    /**
     * Keep a prompt from running and from being changed.
     *
     * What was submitted before goes on. Archiving again changes nothing; publishing undoes it. Needs the scope `write`.
     */
    archive: (id: string, options?: CallOptions) =>
      calls.call('archivePrompt', { path: { id }, ...options }),
    /**
     * List the versions of a prompt, newest first.
     *
     * Needs the scope `read`.
     */
    listVersions: (id: string, query?: Query<'listPromptVersions'>, options?: CallOptions) =>
      calls.list('listPromptVersions', { path: { id }, query, ...options }),
    /**
     * Read a version of a prompt.
     *
     * Needs the scope `read`.
     */
    getVersion: (id: string, version: number, options?: CallOptions) =>
      calls.call('getPromptVersion', { path: { id, version }, ...options }),
    /**
     * Make a new version with the content of an earlier one.
     *
     * Nothing changes where that content is current already. Needs the scope `write`.
     */
    restoreVersion: (id: string, version: number, options?: CallOptions) =>
      calls.call('restorePromptVersion', { path: { id, version }, ...options }),
  };
}

export function validationMethods(calls: Calls) {
  return {
    /**
     * List the validations of a prompt, in the order in which they judge.
     *
     * Needs the scope `read`.
     */
    list: (id: string, options?: CallOptions) =>
      calls.list('listValidations', { path: { id }, ...options }),
    /**
     * Add a validation to a prompt.
     *
     * The config is compiled before it is saved; nothing is run. Needs the scope `write`.
     */
    create: (id: string, body: Body<'createValidation'>, options?: CallOptions) =>
      calls.call('createValidation', { path: { id }, body, ...options }),
    /**
     * Read a validation.
     *
     * Needs the scope `read`.
     */
    get: (id: string, validationId: string, options?: CallOptions) =>
      calls.call('getValidation', { path: { id, validationId }, ...options }),
    /**
     * Change a validation, or switch it on or off.
     *
     * What is left out stays. A config is checked when it is changed or switched on. Needs the scope `write`.
     */
    update: (id: string, validationId: string, body: Body<'updateValidation'>, options?: CallOptions) =>
      calls.call('updateValidation', { path: { id, validationId }, body, ...options }),
    /**
     * Delete a validation; its verdicts stay.
     *
     * Needs the scope `write`.
     */
    delete: (id: string, validationId: string, options?: CallOptions) =>
      calls.call('deleteValidation', { path: { id, validationId }, ...options }),
    /**
     * Judge a text by a config, and store nothing.
     *
     * Needs the scope `write`.
     */
    try: (body: Body<'tryValidation'>, options?: CallOptions) =>
      calls.call('tryValidation', { body, ...options }),
  };
}

export function apiKeyMethods(calls: Calls) {
  return {
    /**
     * List API keys, newest first, revoked ones included.
     *
     * Needs the scope `read`.
     */
    list: (query?: Query<'listApiKeys'>, options?: CallOptions) =>
      calls.list('listApiKeys', { query, ...options }),
    /**
     * Issue an API key.
     *
     * The key is shown in this answer and never again. It can have no scope that the key which asks has not. At most 20 keys are active at a time; a key is replaced by issuing the new one first. Needs the scope `write`.
     */
    create: (body: Body<'createApiKey'>, options?: CallOptions) =>
      calls.call('createApiKey', { body, ...options }),
    /**
     * Read what is known of an API key.
     *
     * Needs the scope `read`.
     */
    get: (id: string, options?: CallOptions) =>
      calls.call('getApiKey', { path: { id }, ...options }),
    /**
     * Rename an API key.
     *
     * Needs the scope `write`.
     */
    update: (id: string, body: Body<'updateApiKey'>, options?: CallOptions) =>
      calls.call('updateApiKey', { path: { id }, body, ...options }),
    /**
     * Revoke an API key for good.
     *
     * Takes effect within 5 seconds. The key stays in the list. One that is revoked already stays as it is; a key may revoke itself. Needs the scope `write`.
     */
    revoke: (id: string, options?: CallOptions) =>
      calls.call('revokeApiKey', { path: { id }, ...options }),
  };
}

export function accountMethods(calls: Calls) {
  return {
    /**
     * Read who asks, what the plan allows and how much of it is used.
     *
     * Needs the scope `read`.
     */
    getMe: (options?: CallOptions) =>
      calls.call('getMe', { ...options }),
  };
}

export function metricMethods(calls: Calls) {
  return {
    /**
     * Add up executions.
     *
     * Of the caller's executions that were created in the time; those that have not ended are counted, too. Needs the scope `read`.
     */
    getSummary: (query?: Query<'getMetricsSummary'>, options?: CallOptions) =>
      calls.call('getMetricsSummary', { query, ...options }),
    /**
     * Add up executions by prompt, the largest first.
     *
     * Of the caller's executions that were created in the time; those that have not ended are counted, too. Needs the scope `read`.
     */
    listByPrompt: (query?: Query<'listMetricsByPrompt'>, options?: CallOptions) =>
      calls.call('listMetricsByPrompt', { query, ...options }),
    /**
     * Add up executions by model, the largest first.
     *
     * Of the caller's executions that were created in the time; those that have not ended are counted, too. Needs the scope `read`.
     */
    listByModel: (query?: Query<'listMetricsByModel'>, options?: CallOptions) =>
      calls.call('listMetricsByModel', { query, ...options }),
    /**
     * Add up executions over time.
     *
     * Of the caller's executions that were created in the time; those that have not ended are counted, too. Parts begin at multiples of `step` in UTC, at most 1,500 of them; of the first and the last only what lies in the time is counted, and where nothing was created there are zeros. An unknown prompt or model gives zeros. Needs the scope `read`.
     */
    getTimeseries: (query?: Query<'getMetricsTimeseries'>, options?: CallOptions) =>
      calls.call('getMetricsTimeseries', { query, ...options }),
  };
}

export function webhookMethods(calls: Calls) {
  return {
    /**
     * Register an endpoint that is told when executions end.
     *
     * What is sent is signed as Standard Webhooks says (`webhook-id`, `webhook-timestamp`, `webhook-signature`), and sent at least once: an endpoint tells by `webhook-id` what it has seen. An answer in the 200s within ten seconds is a success; everything else is tried again, nine times over 28 hours. At most ten endpoints for each user. Needs the scope `write`.
     */
    create: (body: Body<'createWebhook'>, options?: CallOptions) =>
      calls.call('createWebhook', { body, ...options }),
    /**
     * List the endpoints, newest first.
     *
     * Needs the scope `read`.
     */
    list: (options?: CallOptions) =>
      calls.list('listWebhooks', { ...options }),
    /**
     * Change an endpoint, or switch it on or off.
     *
     * What is left out stays. What still waits for an endpoint that is switched off is given up within seconds; it can be delivered again later. Needs the scope `write`.
     */
    update: (id: string, body: Body<'updateWebhook'>, options?: CallOptions) =>
      calls.call('updateWebhook', { path: { id }, body, ...options }),
    /**
     * Delete an endpoint with its deliveries.
     *
     * Needs the scope `write`.
     */
    delete: (id: string, options?: CallOptions) =>
      calls.call('deleteWebhook', { path: { id }, ...options }),
    /**
     * Read an endpoint.
     *
     * Needs the scope `read`.
     */
    get: (id: string, options?: CallOptions) =>
      calls.call('getWebhook', { path: { id }, ...options }),
    /**
     * Replace the secret of an endpoint.
     *
     * The old secret stays valid for 24 hours: until then everything is signed with both. Needs the scope `write`.
     */
    rotateSecret: (id: string, options?: CallOptions) =>
      calls.call('rotateWebhookSecret', { path: { id }, ...options }),
    /**
     * List what an endpoint was told, or is to be told, newest first.
     *
     * Deliveries are kept for 30 days. Needs the scope `read`.
     */
    listDeliveries: (id: string, query?: Query<'listWebhookDeliveries'>, options?: CallOptions) =>
      calls.list('listWebhookDeliveries', { path: { id }, query, ...options }),
    /**
     * Read a delivery with its attempts.
     *
     * Needs the scope `read`.
     */
    getDelivery: (id: string, deliveryId: string, options?: CallOptions) =>
      calls.call('getWebhookDelivery', { path: { id, deliveryId }, ...options }),
    /**
     * Deliver again, however it ended.
     *
     * The `webhook-id` stays the same, and all attempts can be made again. Needs the scope `write`.
     */
    redeliver: (id: string, deliveryId: string, options?: CallOptions) =>
      calls.call('redeliverWebhook', { path: { id, deliveryId }, ...options }),
    /**
     * Send a test to an endpoint.
     *
     * The type is `webhook.test`; it is sent whichever types the endpoint asked for. Needs the scope `write`.
     */
    test: (id: string, options?: CallOptions) =>
      calls.call('testWebhook', { path: { id }, ...options }),
  };
}

/** Everything that can be asked of the API, by what it is about. */
export class Resources {
  readonly executions: ReturnType<typeof executionMethods>;
  readonly prompts: ReturnType<typeof promptMethods>;
  readonly validations: ReturnType<typeof validationMethods>;
  readonly apiKeys: ReturnType<typeof apiKeyMethods>;
  readonly account: ReturnType<typeof accountMethods>;
  readonly metrics: ReturnType<typeof metricMethods>;
  readonly webhooks: ReturnType<typeof webhookMethods>;

  constructor(calls: Calls) {
    this.executions = executionMethods(calls);
    this.prompts = promptMethods(calls);
    this.validations = validationMethods(calls);
    this.apiKeys = apiKeyMethods(calls);
    this.account = accountMethods(calls);
    this.metrics = metricMethods(calls);
    this.webhooks = webhookMethods(calls);
  }
}
