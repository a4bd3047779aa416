import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

export const usage = `Checks what must always be true of the stored executions, and changes nothing.

  npm run audit -- [--since 24h] [--json]

  --since  only executions created since then: 30m, 24h, 7d, or a time such as 2026-11-25T10:00:00Z
  --json   one JSON document in place of lines for people
  --help   this text

Reads DATABASE_URL, DATABASE_DIRECT_URL and QUEUE_URL, which mean what they mean to the API. Without DATABASE_URL it
audits the local stack that npm start runs.

Ends with 0 when nothing is wrong, 1 when something is, 2 when the audit could not be done, 78 when it was asked for in
a way that makes no sense.
`;

/** The configuration or the command line cannot be used; the message says why and what to do. */
export class UnusableError extends Error {}

export interface Options {
  since: Date | undefined;
  json: boolean;
  help: boolean;
}

/** @throws UnusableError for an unknown flag, or a time that is none. */
export function readOptions(args: string[], now: Date): Options {
  const { since, ...flags } = parse(args);
  return { since: since === undefined ? undefined : readSince(since, now), ...flags };
}

function parse(args: string[]) {
  const options = {
    since: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UnusableError(
      `${error instanceof Error ? error.message : error}\n--help shows what can be asked for`,
    );
  }
}

const unitsMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i;

function readSince(text: string, now: Date): Date {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count) return new Date(now.getTime() - Number(count) * (unitsMs[unit] ?? 0));
  const time = rfc3339.test(text) ? new Date(text) : new Date(Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw new UnusableError('--since must look like 30m, 24h, 7d or 2026-11-25T10:00:00Z');
}

/** Where the product's data are. */
export interface Stores {
  databaseUrl: string;
  queueDatabaseUrl: string;
  queueUrl: string | undefined;
}

/**
 * Takes the addresses from the environment, or from what a running local stack wrote to `dev.json` in its state folder.
 *
 * @throws UnusableError when neither has them.
 */
export async function findStores(env: NodeJS.ProcessEnv, stateDir: string): Promise<Stores> {
  const { DATABASE_URL: databaseUrl, DATABASE_DIRECT_URL, QUEUE_URL } = env;
  if (databaseUrl) {
    const queueDatabaseUrl = DATABASE_DIRECT_URL || databaseUrl;
    return checked({ databaseUrl, queueDatabaseUrl, queueUrl: QUEUE_URL || undefined });
  }
  const local = await readDevState(`${stateDir}/dev.json`);
  if (!local) {
    throw new UnusableError(
      'There is nothing to audit: set DATABASE_URL, and QUEUE_URL where the queue is not in the database, or start the ' +
        'local stack with npm start',
    );
  }
  return checked({ ...local, queueDatabaseUrl: local.databaseUrl });
}

async function readDevState(path: string): Promise<Pick<Stores, 'databaseUrl' | 'queueUrl'> | null> {
  try {
    const { databaseUrl, queueUrl } = JSON.parse(await readFile(path, 'utf8'));
    return { databaseUrl, queueUrl };
  } catch {
    return null; // Not there, or cut off by a crash: both mean that nothing runs.
  }
}

function checked(stores: Stores): Stores {
  requireProtocol('DATABASE_URL', stores.databaseUrl, /^postgres(ql)?:$/, 'postgres://');
  requireProtocol('DATABASE_DIRECT_URL', stores.queueDatabaseUrl, /^postgres(ql)?:$/, 'postgres://');
  if (stores.queueUrl !== undefined)
    requireProtocol('QUEUE_URL', stores.queueUrl, /^(rediss?|postgres(ql)?):$/, 'redis:// or postgres://');
  return stores;
}

/** The message does not repeat the address, which holds a password. */
function requireProtocol(name: string, url: string, allowed: RegExp, form: string): void {
  if (!URL.canParse(url) || !allowed.test(new URL(url).protocol))
    throw new UnusableError(`${name}: must be a ${form} address`);
}
