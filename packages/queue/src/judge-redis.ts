import type { Logger } from '@formaops/core';
import type { QueueHealth } from './backend.ts';

/**
 * Judges a Redis server by its answer to INFO, which names the eviction policy as well: CONFIG is forbidden by
 * managed servers and careful ACLs. BullMQ's relay needs 6.2.
 */
export function judgeRedis(info: string, log: Logger): QueueHealth {
  const [, version, major, minor] = /^redis_version:((\d+)\.(\d+)\S*)/m.exec(info) ?? [];
  if (version === undefined || Number(major) < 6 || (Number(major) === 6 && Number(minor) < 2)) {
    return {
      state: 'unfit',
      reason: `Redis must be 6.2 or newer, this one is ${version ?? 'of an unknown version'}`,
    };
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy === undefined) {
    log.warn({ version }, 'eviction policy of Redis could not be read; it must be noeviction');
  } else if (policy !== 'noeviction') {
    return { state: 'unfit', reason: `maxmemory-policy of Redis must be noeviction, it is ${policy}` };
  }
  return { state: 'ready' };
}
