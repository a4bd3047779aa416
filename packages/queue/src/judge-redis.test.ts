import { describe, expect, it } from '@jest/globals';
import { judgeRedis, judgeRedisError } from './judge-redis.ts';

const fit = {
  redis_version: '7.2.0',
  used_memory: '69',
  maxmemory: '100',
  maxmemory_policy: 'noeviction',
  aof_enabled: '1',
};

/** What INFO answers, with these lines different; null leaves one out. */
function info(changes: Partial<Record<keyof typeof fit, string | null>> = {}): string {
  const lines = Object.entries({ ...fit, ...changes }).filter(([, value]) => value !== null);
  return ['# Server', ...lines.map(([name, value]) => `${name}:${value}`), ''].join('\r\n');
}

const ready = { state: 'ready', warnings: [] };

describe('judgeRedis', () => {
  it.each(['6.2.0', '7.0.15', '10.0.1'])('takes Redis %s', (version) => {
    expect(judgeRedis(info({ redis_version: version }))).toEqual(ready);
  });

  it.each(['5.0.14', '6.0.16'])('refuses Redis %s and says what is needed', (version) => {
    const reason = `Redis must be 6.2 or newer, this one is ${version}`;
    expect(judgeRedis(info({ redis_version: version }))).toEqual({ state: 'unfit', reason });
  });

  it.each(['', info({ redis_version: null }), info({ redis_version: 'soon' })])(
    'refuses a server without a version',
    (text) => {
      expect(judgeRedis(text)).toMatchObject({ state: 'unfit' });
    },
  );

  it('refuses a server that evicts keys', () => {
    const reason = 'maxmemory-policy of Redis must be noeviction, it is allkeys-lru';
    expect(judgeRedis(info({ maxmemory_policy: 'allkeys-lru' }))).toEqual({ state: 'unfit', reason });
  });

  it('takes a server that hides its policy, with a warning', () => {
    const warnings = ['eviction policy of Redis could not be read; it must be noeviction'];
    expect(judgeRedis(info({ maxmemory_policy: null }))).toEqual({ state: 'ready', warnings });
  });

  it('takes a server that keeps nothing over a restart, and warns of what that means', () => {
    expect(judgeRedis(info({ aof_enabled: '0' }))).toEqual({
      state: 'ready',
      warnings: [expect.stringMatching(/restart loses all bells.*set appendonly to yes/)],
    });
    expect(judgeRedis(info({ aof_enabled: null }))).toEqual(ready);
  });

  it.each([
    ['70', 70],
    ['79', 70],
    ['100', 100],
    ['131', 130],
  ])('warns when %s of 100 bytes are used', (used, percent) => {
    expect(judgeRedis(info({ used_memory: used }))).toEqual({
      state: 'ready',
      warnings: [expect.stringContaining(`more than ${percent} % of its maxmemory`)],
    });
  });

  it.each([{ maxmemory: '0' }, { maxmemory: null }, { used_memory: null }])(
    'says nothing about memory without a limit: %j',
    (changes) => {
      expect(judgeRedis(info({ used_memory: '99', ...changes }))).toEqual(ready);
    },
  );

  it('tells everything at once', () => {
    const health = judgeRedis(info({ aof_enabled: '0', used_memory: '90', maxmemory_policy: null }));
    expect(health).toMatchObject({ warnings: [{}, {}, {}].map(() => expect.any(String)) });
  });
});

describe('judgeRedisError', () => {
  it.each([
    [
      'WRONGPASS invalid username-password pair or user is disabled.',
      'the password of QUEUE_URL (WRONGPASS)',
    ],
    ['NOAUTH Authentication required.', 'QUEUE_URL has none that it takes (NOAUTH)'],
    ["NOPERM this user has no permissions to run the 'info' command", '(NOPERM)'],
  ])('says what to change after: %s', (message, reason) => {
    expect(judgeRedisError(message)).toEqual({ state: 'unfit', reason: expect.stringContaining(reason) });
  });

  it.each(['connect ECONNREFUSED 127.0.0.1:6379', 'LOADING Redis is loading the dataset in memory', ''])(
    'waits for what heals by itself: %s',
    (message) => {
      expect(judgeRedisError(message)).toEqual({ state: 'unreachable', reason: message });
    },
  );
});
