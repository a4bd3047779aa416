import type { ErrorCode } from '../errors/catalogue.ts';
import type { Random } from '../ports.ts';
import type { WebhookDisabledReason } from './events.ts';

/** What came of sending something to an endpoint. */
export interface DeliveryResult {
  /** The answer's HTTP status; null where there was none. */
  statusCode: number | null;
  /** Null when it was delivered: a status of the 200s. */
  errorCode: ErrorCode | null;
}

/** What is to be done about it. */
export type DeliveryDecision =
  | { kind: 'delivered' }
  | { kind: 'retry'; delayMs: number }
  | { kind: 'failed'; disable: WebhookDisabledReason | null };

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long to wait after the first, the second, … attempt that failed, in milliseconds: 27 h 36 min in all. */
export const deliveryDelaysMs: readonly number[] = [
  5 * second,
  minute,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  10 * hour,
];

/** Attempts of one delivery, until it is asked for again. */
export const maxDeliveryTries = deliveryDelaysMs.length + 1;

/**
 * Decides what follows an attempt. Each wait is lengthened by up to a fifth, so that what failed together does not come
 * back together.
 *
 * @param tries attempts so far, this one included.
 */
export function decideDelivery(
  { statusCode, errorCode }: DeliveryResult,
  tries: number,
  random: Random,
): DeliveryDecision {
  if (errorCode === null) return { kind: 'delivered' };
  if (statusCode === 410) return { kind: 'failed', disable: 'GONE' };
  const delayMs = deliveryDelaysMs[tries - 1];
  if (delayMs === undefined) return { kind: 'failed', disable: null };
  return { kind: 'retry', delayMs: Math.round(delayMs * (1 + random() / 5)) };
}

/** So many failures in a row, and an endpoint is only tried now and then. */
export const pauseAfterFailures = 5;

/** How long nothing may have gone well before an endpoint is switched off, in milliseconds: five days. */
export const disableAfterMs = 5 * 24 * hour;

/**
 * How long an endpoint is left alone, so that one that is down costs neither it nor us an attempt for each thing that it
 * is to be told.
 *
 * @param failures in a row, the latest included.
 * @returns milliseconds: none for the first ones, then 30 s, doubling up to 15 minutes.
 */
export function endpointPauseMs(failures: number): number {
  if (failures < pauseAfterFailures) return 0;
  return Math.min(15 * minute, 30 * second * 2 ** Math.min(failures - pauseAfterFailures, 10));
}
