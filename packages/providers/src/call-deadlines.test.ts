import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startDeadlines } from './call-deadlines.ts';

const limits = { firstByteMs: 60_000, idleMs: 30_000, totalMs: 120_000 };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function setup(overrides: Partial<typeof limits> = {}) {
  const caller = new AbortController();
  return { caller, deadlines: startDeadlines({ ...limits, ...overrides }, caller.signal) };
}

const timeout = (limit: string) => ({
  code: 'PROVIDER_TIMEOUT',
  details: expect.objectContaining({ limit }),
});

describe('startDeadlines', () => {
  it('expires when the first byte does not come in time', () => {
    const { deadlines } = setup();
    jest.advanceTimersByTime(59_999);
    expect(deadlines.expired).toBeNull();

    jest.advanceTimersByTime(1);
    expect(deadlines.expired).toMatchObject(timeout('firstByte'));
    expect(deadlines.signal.reason).toBe(deadlines.expired);
  });

  it('starts the idle limit again with every piece', () => {
    const { deadlines } = setup();
    deadlines.sawBytes();
    jest.advanceTimersByTime(29_999);
    deadlines.sawBytes();
    jest.advanceTimersByTime(29_999);
    expect(deadlines.expired).toBeNull();

    jest.advanceTimersByTime(1);
    expect(deadlines.expired).toMatchObject(timeout('idle'));
  });

  it('expires in total, however lively the answer is', () => {
    const { deadlines } = setup();
    for (let seconds = 0; seconds < 120; seconds += 10) {
      expect(deadlines.expired).toBeNull();
      deadlines.sawBytes();
      jest.advanceTimersByTime(10_000);
    }

    expect(deadlines.expired).toMatchObject(timeout('total'));
  });

  it('waits only briefly for the end of a complete answer, whatever still drips', () => {
    const { deadlines } = setup();
    deadlines.sawBytes();
    deadlines.expectEnd();
    jest.advanceTimersByTime(200);
    deadlines.sawBytes();
    deadlines.expectEnd();
    jest.advanceTimersByTime(50);

    expect(deadlines.signal.aborted).toBe(true);
  });

  it('follows the caller with the reason given, and then expires no more', () => {
    const { caller, deadlines } = setup();
    caller.abort('cancelled');
    jest.advanceTimersByTime(200_000);

    expect(deadlines.signal.reason).toBe('cancelled');
    expect(deadlines.expired).toBeNull();
  });

  it('does not fire at once for a limit beyond what timers can do', () => {
    const { deadlines } = setup({ firstByteMs: 2 ** 40, totalMs: 2 ** 40 });
    jest.advanceTimersByTime(1_000_000);

    expect(deadlines.signal.aborted).toBe(false);
  });

  it('leaves no timer and no listener when it is stopped', () => {
    const { caller, deadlines } = setup();
    deadlines.sawBytes();
    deadlines.expectEnd();
    deadlines.stop();

    expect(jest.getTimerCount()).toBe(0);
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });
});
