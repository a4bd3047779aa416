/** How to reach an API. */
export interface FormaOpsOptions {
  /** `fo_live_…`. Keep it out of public web pages: who reads it there can spend your money. */
  apiKey: string | undefined;
  /** Such as `https://formaops.example.com`. */
  baseUrl: string | undefined;
  /** How long one attempt of a call may take, in milliseconds; 30,000 when left out. */
  timeoutMs?: number;
  /** Attempts after the first one, at most, where one more does no harm; 3 when left out. */
  maxRetries?: number;
  /** Instead of the platform's own. */
  fetch?: typeof globalThis.fetch;
  /** From 0 to 1, for the time between attempts. */
  random?: () => number;
}
