import { recordingLog } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { judgeRedis } from './judge-redis.ts';

const info = (version: string, policy = 'maxmemory_policy:noeviction\r\n') =>
  `# Server\r\nredis_version:${version}\r\n# Memory\r\n${policy}`;

describe('judgeRedis', () => {
  it.each(['6.2.0', '7.0.15', '10.0.1'])('takes Redis %s', (version) => {
    expect(judgeRedis(info(version), recordingLog())).toEqual({ state: 'ready' });
  });

  it.each(['5.0.14', '6.0.16'])('refuses Redis %s and says what is needed', (version) => {
    const reason = `Redis must be 6.2 or newer, this one is ${version}`;
    expect(judgeRedis(info(version), recordingLog())).toEqual({ state: 'unfit', reason });
  });

  it('refuses a server without a version', () => {
    expect(judgeRedis('', recordingLog())).toMatchObject({ state: 'unfit' });
  });

  it('refuses a server that evicts keys', () => {
    const health = judgeRedis(info('7.2.0', 'maxmemory_policy:allkeys-lru\r\n'), recordingLog());
    const reason = 'maxmemory-policy of Redis must be noeviction, it is allkeys-lru';
    expect(health).toEqual({ state: 'unfit', reason });
  });

  it('warns about a server that hides its policy, and takes it', () => {
    const log = recordingLog();
    expect(judgeRedis(info('7.2.0', ''), log)).toEqual({ state: 'ready' });
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { version: '7.2.0' } }]);
  });
});
