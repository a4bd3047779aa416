/** What requests ask for; what the provider does stands behind it, after a colon. */
export const chaosModel = 'gpt-4o-mini';

/** Prices with as many digits as there can be: sums that lose one of them are noticed. */
export const chaosPrice = { inputPerMillion: '0.137931', outputPerMillion: '3.333333' };

/** Seconds where production takes half minutes, so that many recoveries fit into one run. */
export const quickSettings = {
  LEASE_MS: '5000',
  HEARTBEAT_MS: '1500',
  MAINTENANCE_MS: '1000',
  SHUTDOWN_GRACE_MS: '3000',
  RETRY_BASE_MS: '200',
  RETRY_CAP_MS: '5000',
  BELL_LOST_MS: '2000',
  BELL_REPEAT_MS: '10000',
  WATCHDOG_MS: '15000',
};

/** The defaults of the worker, for what is measured as production would have it. */
export const productionSettings: Record<keyof typeof quickSettings, string> = {
  LEASE_MS: '30000',
  HEARTBEAT_MS: '10000',
  MAINTENANCE_MS: '2000',
  SHUTDOWN_GRACE_MS: '20000',
  RETRY_BASE_MS: '1000',
  RETRY_CAP_MS: '60000',
  BELL_LOST_MS: '5000',
  BELL_REPEAT_MS: '60000',
  WATCHDOG_MS: '60000',
};
