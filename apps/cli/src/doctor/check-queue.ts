import type { StoreSettings } from '../settings.ts';
import { silentLog } from '../silent-log.ts';
import type { Check, Finding } from './finding.ts';

const subject = 'Queue';

/** Whether the queue's server suits, as API and workers look at it. */
export function checkQueue({ queueUrl, queueDatabaseUrl: databaseUrl }: StoreSettings): Check {
  return async () => {
    const { openQueueConnection } = await import('@formaops/queue');
    const connection = openQueueConnection({ queueUrl, databaseUrl, log: silentLog });
    const where = connection.kind === 'redis' ? 'Redis' : 'PostgreSQL';
    try {
      const health = await connection.check();
      if (health.state === 'ready') {
        const warnings = health.warnings.map((detail): Finding => ({ subject, state: 'warning', detail }));
        return [{ subject, state: 'ok', detail: `${where} is ready` }, ...warnings];
      }
      const advice =
        health.state === 'unfit'
          ? 'Change it as said; executions wait in the database until then.'
          : 'Is it running, and is the address in QUEUE_URL right?';
      return [{ subject, state: 'problem', detail: `${where}: ${health.reason}`, advice }];
    } finally {
      await connection.close();
    }
  };
}
