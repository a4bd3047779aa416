/** A longer wait is taken for this one; whoever retries has a lower limit of their own. */
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

const NUMBER = /^[+-]?\d+(\.\d+)?$/;
/** IMF-fixdate, the one form senders may still generate (RFC 9110, section 5.6.7). */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Reads how long a server asks us to wait: `retry-after-ms` (OpenAI, Azure), else `Retry-After` in seconds or as a
 * date (RFC 9110, section 10.2.3).
 *
 * @returns milliseconds from 0 (also for a date in the past or a negative number) to one day, or undefined when
 * nothing readable is said.
 */
export function readRetryAfter(headers: Headers, now: Date): number | undefined {
  const waitMs = inMilliseconds(headers.get('retry-after-ms')) ?? untilRetry(headers.get('retry-after'), now);
  return waitMs === undefined ? undefined : Math.min(Math.max(Math.round(waitMs), 0), MAX_WAIT_MS);
}

function inMilliseconds(value: string | null): number | undefined {
  return value !== null && NUMBER.test(value) ? Number(value) : undefined;
}

function untilRetry(value: string | null, now: Date): number | undefined {
  if (value === null) return undefined;
  if (NUMBER.test(value)) return Number(value) * 1000;
  // Date.parse alone reads nearly anything: "garbage 5" is a day in 2001.
  const at = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at - now.getTime();
}
