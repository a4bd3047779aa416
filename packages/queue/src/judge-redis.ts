import type { QueueHealth } from './backend.ts';

/** From this share of `maxmemory` on somebody should act, in per cent. */
const fullPercent = 70;

/**
 * Judges a Redis server by its answer to INFO, which names the eviction policy as well: CONFIG is forbidden by
 * managed servers and careful ACLs. BullMQ's relay needs 6.2.
 */
export function judgeRedis(info: string): QueueHealth {
  const read = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
  const version = read('redis_version') ?? 'of an unknown version';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (!(major > 6 || (major === 6 && minor >= 2))) {
    return { state: 'unfit', reason: `Redis must be 6.2 or newer, this one is ${version}` };
  }
  const policy = read('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    return { state: 'unfit', reason: `maxmemory-policy of Redis must be noeviction, it is ${policy}` };
  }
  const warnings: string[] = [];
  if (policy === undefined)
    warnings.push('eviction policy of Redis could not be read; it must be noeviction');
  if (read('aof_enabled') === '0') {
    warnings.push(
      'Redis writes no append-only file: its restart loses all bells, and executions wait until they are rung again; set appendonly to yes',
    );
  }
  const usedPercent = percentUsed(Number(read('used_memory')), Number(read('maxmemory')));
  if (usedPercent >= fullPercent) {
    warnings.push(
      `Redis uses more than ${usedPercent} % of its maxmemory; when it is full no bell can be rung; raise maxmemory`,
    );
  }
  return { state: 'ready', warnings };
}

/** In steps of ten, so that the warning does not change with every bell. A limit of 0 is none. */
function percentUsed(used: number, limit: number): number {
  return limit > 0 && used > 0 ? Math.floor((10 * used) / limit) * 10 : 0;
}

/** What Redis says first when it refuses who asks, or what is asked. */
const refusals: ReadonlyMap<string, string> = new Map([
  ['WRONGPASS', 'Redis refuses the user name or the password of QUEUE_URL'],
  ['NOAUTH', 'Redis asks for a password, and QUEUE_URL has none that it takes'],
  ['NOPERM', 'Redis forbids the user of QUEUE_URL a command that the queue needs'],
]);

/** Judges why Redis gave no answer: a person must act when it refused us; everything else may heal by itself. */
export function judgeRedisError(message: string): QueueHealth {
  const [word = ''] = message.split(' ', 1);
  const refusal = refusals.get(word);
  return refusal
    ? { state: 'unfit', reason: `${refusal} (${word})` }
    : { state: 'unreachable', reason: message };
}
