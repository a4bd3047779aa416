import type { QueueHealth } from './backend.ts';
import type { QueueConnection } from './connection.ts';

export interface QueueWatch {
  /** Looks now, and from then on every minute, or every ten seconds while something is wrong. */
  start(): void;
  stop(): void;
}

/**
 * Logs how the queue's server stands, and each change: an error for what a person must change, a warning for what may
 * heal by itself or may become a problem. The queue is used all the same; PostgreSQL keeps what it loses.
 */
export function watchQueue(
  { check, log }: Pick<QueueConnection, 'check' | 'log'>,
  intervalMs = 60_000,
): QueueWatch {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let last: QueueHealth = { state: 'ready', warnings: [] };

  async function look(): Promise<void> {
    const health = await check();
    if (isStopped) return;
    tell(health, last);
    last = health;
    timer = setTimeout(() => void look(), health.state === 'ready' ? intervalMs : intervalMs / 6);
  }

  function tell(health: QueueHealth, before: QueueHealth): void {
    if (health.state === 'ready') {
      if (before.state !== 'ready') log.info({}, 'queue ready');
      const known = before.state === 'ready' ? before.warnings : [];
      for (const warning of health.warnings) {
        if (!known.includes(warning)) log.warn({ warning }, 'queue at risk');
      }
    } else if (health.state === 'unfit') {
      if (before.state !== 'unfit' || before.reason !== health.reason)
        log.error({ reason: health.reason }, 'queue unfit');
    } else if (before.state !== 'unreachable') {
      log.warn({ reason: health.reason }, 'queue unreachable');
    }
  }

  return {
    start: () => void look(),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
