import {
  type Clock,
  decideDelivery,
  type Logger,
  openSecret,
  type Random,
  type SealingKey,
  webhookHeaders,
} from '@formaops/core';
import { type DueDelivery, putOffDelivery, type Queryable, settleDelivery } from '@formaops/db';
import type { PostWebhook } from './post-webhook.ts';

export interface DeliverDeps {
  db: Queryable;
  post: PostWebhook;
  /** Of which one opens the secrets. */
  keys: readonly SealingKey[];
  clock: Clock;
  random: Random;
  log: Logger;
}

/** How long a delivery waits whose secret cannot be read: an operator has to act. */
const unreadableMs = 5 * 60_000;

/**
 * Sends one delivery and writes down how it went. When `signal` is aborted first, it is given back, due at once.
 *
 * @throws what the database throws; another worker then sends it again.
 */
export async function deliver(due: DueDelivery, signal: AbortSignal, deps: DeliverDeps): Promise<void> {
  const { db, post, clock, random, log } = deps;
  const fields = { deliveryId: due.id, webhookId: due.webhookId, attempt: due.attempt };
  const secrets = secretsOf(due, deps.keys);
  if (secrets === null) {
    log.error(fields, 'webhook secret not readable');
    return putOffDelivery(db, due, unreadableMs);
  }
  const body = bodyOf(due);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'FormaOps-Webhooks/1',
    ...webhookHeaders({ id: due.id, at: clock.now(), body }, secrets),
  };
  const startedMs = clock.monotonicMs();
  const result = await post(due.url, headers, body, signal);
  if (result === 'stopped') return putOffDelivery(db, due, 0);

  const durationMs = Math.round(clock.monotonicMs() - startedMs);
  const decision = decideDelivery(result, due.tries, random);
  const { id, attempt, failures, url } = due;
  const settlement = { id, attempt, failures, url, ...result, durationMs, decision };
  const { applied, disabled } = await settleDelivery(db, settlement);
  const outcome = applied ? decision.kind : 'lost';
  log.debug({ ...fields, ...result, durationMs, outcome }, 'webhook sent');
  if (disabled) log.info({ webhookId: due.webhookId, reason: disabled }, 'webhook switched off');
}

/** Null when the one that is valid now does not open; the one before it is not waited for. */
function secretsOf(due: DueDelivery, keys: readonly SealingKey[]): string[] | null {
  const current = openSecret(due.secret, due.webhookId, keys);
  const previous = due.previousSecret && openSecret(due.previousSecret, due.webhookId, keys);
  if (current === null) return null;
  return previous ? [current, previous] : [current];
}

/** The same bytes for every attempt. */
function bodyOf({ eventType, createdAt, data }: DueDelivery): string {
  return JSON.stringify({ type: eventType, timestamp: createdAt.toISOString(), data });
}
