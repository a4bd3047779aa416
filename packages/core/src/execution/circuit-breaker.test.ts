import { describe, expect, it } from '@jest/globals';
import {
  type BreakerPolicy,
  type CallVerdict,
  createCircuitBreakers,
  defaultBreakerPolicy,
} from './circuit-breaker.ts';

const { openMs, windowMs } = defaultBreakerPolicy;

function setup(changes: Partial<BreakerPolicy> = {}) {
  let now = 5_000;
  const events: string[] = [];
  const breakers = createCircuitBreakers(
    { monotonicMs: () => now },
    {
      onOpen: (key, { calls, failures }) => events.push(`${key} opened: ${failures} of ${calls}`),
      onClose: (key) => events.push(`${key} closed`),
    },
    { ...defaultBreakerPolicy, ...changes },
  );
  const call = (verdict: CallVerdict, { times = 1, key = 'key', caller = 'caller' } = {}) => {
    for (let count = 0; count < times; count += 1) breakers.begin(key, caller).end(verdict);
  };
  return {
    breakers,
    events,
    call,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('createCircuitBreakers', () => {
  it('suspends calls for 15 seconds when half of twenty have failed', () => {
    const { breakers, call, events, pass } = setup();
    call('succeeded', { times: 10 });
    call('failed', { times: 9 });
    expect(breakers.waitMs('key')).toBe(0);
    call('failed');
    expect(breakers.waitMs('key')).toBe(openMs);
    expect(breakers.suspended()).toEqual(['key']);
    pass(openMs - 1);
    expect(breakers.waitMs('key')).toBe(1);
    expect(events).toEqual(['key opened: 10 of 20']);
  });

  it('goes on while fewer than half fail, or too few calls were made', () => {
    const { breakers, call } = setup();
    call('succeeded', { times: 21 });
    call('failed', { times: 20 });
    call('failed', { times: 19, key: 'rare' });
    expect(breakers.suspended()).toEqual([]);
  });

  it('counts only what ended in the last 30 seconds', () => {
    const { breakers, call, pass } = setup();
    call('failed', { times: 19 });
    pass(windowMs);
    call('failed', { times: 19 });
    expect(breakers.waitMs('key')).toBe(0);
    call('failed');
    expect(breakers.waitMs('key')).toBe(openMs);
  });

  it('does not count calls that say nothing', () => {
    const { breakers, call } = setup();
    call('neither', { times: 100 });
    call('failed', { times: 19 });
    call('neither', { times: 100 });
    expect(breakers.waitMs('key')).toBe(0);
    call('failed');
    expect(breakers.waitMs('key')).toBe(openMs);
  });

  it('counts the first verdict of a call only', () => {
    const { breakers } = setup();
    const begun = breakers.begin('key', 'caller');
    for (let count = 0; count < 100; count += 1) begun.end('failed');
    expect(breakers.waitMs('key')).toBe(0);
  });

  it('judges the latest calls, however many came before them', () => {
    const { breakers, call } = setup();
    call('succeeded', { times: 10_000 });
    call('failed', { times: 100 });
    expect(breakers.waitMs('key')).toBe(openMs);
  });

  it('keeps keys apart', () => {
    const { breakers, call } = setup();
    call('failed', { times: 20, key: 'down' });
    expect(breakers.waitMs('up')).toBe(0);
    expect(breakers.suspended()).toEqual(['down']);
  });

  describe('after the suspension', () => {
    function half(changes: Partial<BreakerPolicy> = {}) {
      const bench = setup(changes);
      bench.call('failed', { times: 20 });
      bench.pass(openMs);
      bench.events.length = 0;
      return bench;
    }

    it('lets one call try and keeps the others waiting', () => {
      const { breakers } = half();
      expect(breakers.waitMs('key')).toBe(0);
      expect(breakers.suspended()).toEqual([]);
      breakers.begin('key', 'caller');
      expect(breakers.waitMs('key')).toBe(openMs);
      expect(breakers.suspended()).toEqual(['key']);
    });

    it('goes on as before when that call succeeds, and what failed earlier is forgotten', () => {
      const { breakers, call, events } = half();
      call('succeeded');
      expect(events).toEqual(['key closed']);
      call('failed', { times: 19 });
      expect(breakers.waitMs('key')).toBe(0);
    });

    it('suspends once more when it fails, without saying so again', () => {
      const { breakers, events, pass } = half();
      const probe = breakers.begin('key', 'caller');
      pass(2_000);
      probe.end('failed');
      expect(breakers.waitMs('key')).toBe(openMs);
      expect(events).toEqual([]);
    });

    it('lets another one try at once when that call says nothing', () => {
      const { breakers, call } = half();
      call('neither');
      expect(breakers.waitMs('key')).toBe(0);
      call('succeeded');
      expect(breakers.suspended()).toEqual([]);
    });

    it('lets another one try when that call has not ended in 15 seconds; either may end the suspension', () => {
      const { breakers, events, pass } = half();
      const slow = breakers.begin('key', 'caller');
      pass(openMs);
      expect(breakers.waitMs('key')).toBe(0);
      breakers.begin('key', 'caller');
      expect(breakers.waitMs('key')).toBe(openMs);
      slow.end('succeeded');
      expect(breakers.waitMs('key')).toBe(0);
      expect(events).toEqual(['key closed']);
    });

    it('does not let a late failure cut short or prolong what came after it', () => {
      const { breakers, pass } = half();
      const slow = breakers.begin('key', 'caller');
      pass(openMs);
      breakers.begin('key', 'caller');
      pass(1_000);
      slow.end('failed');
      expect(breakers.waitMs('key')).toBe(openMs - 1_000);
    });

    it('ignores calls that had begun before', () => {
      const { breakers, call, pass } = setup();
      const before = Array.from({ length: 40 }, () => breakers.begin('key', 'caller'));
      call('failed', { times: 20 });
      const during = breakers.begin('key', 'caller');
      pass(openMs);
      before[0]?.end('succeeded');
      during.end('succeeded');
      const probe = breakers.begin('key', 'caller');
      expect(breakers.waitMs('key')).toBe(openMs);
      probe.end('succeeded');
      for (const late of before) late.end('failed');
      expect(breakers.waitMs('key')).toBe(0);
    });
  });

  describe('with a policy that asks for more than one caller', () => {
    const shared = { minOtherCalls: 5 };

    it('does not suspend for the failures of one, however many', () => {
      const { breakers, call } = setup(shared);
      call('failed', { times: 1_000, caller: 'flooding' });
      expect(breakers.waitMs('key')).toBe(0);
      call('succeeded', { times: 5, caller: 'quiet' });
      call('failed', { times: 1_000, caller: 'flooding' });
      expect(breakers.waitMs('key')).toBe(0);
    });

    it('suspends when the others fail as well', () => {
      const { breakers, call } = setup(shared);
      call('failed', { times: 100, caller: 'flooding' });
      for (const caller of ['a', 'b', 'c', 'd']) call('failed', { caller });
      expect(breakers.waitMs('key')).toBe(0);
      call('failed', { caller: 'e' });
      expect(breakers.waitMs('key')).toBe(openMs);
    });
  });

  it('forgets the oldest keys when there are too many, but none that is suspended', () => {
    const { breakers, call } = setup({ maxKeys: 2 });
    call('failed', { times: 20, key: 'down' });
    call('failed', { times: 19, key: 'first' });
    call('failed', { times: 19, key: 'second' });
    call('failed', { key: 'first' });
    expect(breakers.suspended()).toEqual(['down']);
  });
});
