import { silentLog } from '../silent-log.ts';
import { describeClock } from './clock.ts';
import { type Check, type Finding, reasonOf } from './finding.ts';

const subject = 'Database';
/** The oldest that the product is tested with. */
const leastVersion = 140_000;

/** Whether PostgreSQL answers, is new enough, has this release's tables, and the right time. */
export function checkDatabase(databaseUrl: string): Check {
  return async () => {
    const { openPool, compareMigrations } = await import('@formaops/db');
    const pool = openPool({ databaseUrl, max: 1, applicationName: 'formaops-doctor', log: silentLog });
    try {
      const { rows } = await pool.query<{ number: number; version: string; now: Date }>(
        `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
           clock_timestamp() AS now`,
      );
      const [server] = rows;
      if (server === undefined) return [];
      const clock = describeClock(subject, server.now);
      return [describeVersion(server), describeMigrations(await compareMigrations(pool)), clock];
    } catch (error) {
      const advice = 'Is it running, and are address and password in DATABASE_URL right?';
      return [{ subject, state: 'problem', detail: `cannot be used: ${reasonOf(error)}`, advice }];
    } finally {
      await pool.end();
    }
  };
}

function describeVersion({ number, version }: { number: number; version: string }): Finding {
  const detail = `PostgreSQL ${version}`;
  if (number >= leastVersion) return { subject, state: 'ok', detail };
  return { subject, state: 'problem', detail: `${detail} is too old`, advice: 'Use PostgreSQL 14 or later.' };
}

function describeMigrations({ missing, unknown }: { missing: string[]; unknown: string[] }): Finding {
  if (missing.length > 0) {
    const detail = `lacks ${missing.join(', ')}`;
    return { subject, state: 'problem', detail, advice: 'npm run db:migrate applies them.' };
  }
  if (unknown.length > 0) {
    const detail = `has ${unknown.join(', ')}, which this release does not know`;
    return { subject, state: 'warning', detail, advice: 'A later release has migrated it; update this one.' };
  }
  return { subject, state: 'ok', detail: 'has every migration of this release' };
}
