import type { MinuteRequests, Queryable } from '@formaops/db';
import { recordingLog } from '@formaops/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createRequestCounts } from './request-counts.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const minute = Date.UTC(2026, 0, 31, 9, 30);
const firstOf = (time: number) => ({ requests: 1, endsAtMs: time + 60_000 });

/** The row that processes share, in memory, and counters on a clock that a test moves. */
function setup() {
  const state = { nowMs: minute, row: null as MinuteRequests | null, told: [] as number[], isAway: false };
  const query = async (_text: string, [userIds, minutes, requests]: [string[], number[], number[]]) => {
    if (state.isAway) throw new Error('database away');
    const rows = userIds.map((userId, index) => {
      const [start, count] = [minutes[index] ?? 0, requests[index] ?? 0];
      const before = state.row?.minute === start ? state.row.requests : 0;
      state.told.push(count);
      state.row = { userId, minute: start, requests: before + count };
      return state.row;
    });
    return { rows };
  };
  const log = recordingLog();
  const create = () => {
    const counts = createRequestCounts({ query: query as unknown as Queryable['query'] }, log, {
      now: () => new Date(state.nowMs),
    });
    counts.start();
    return counts;
  };
  const aSecond = () => jest.advanceTimersByTimeAsync(1_000);
  return { state, log, create, aSecond };
}

describe('createRequestCounts', () => {
  it('counts each user by itself, up to the end of the minute of the clock', async () => {
    const { state, create } = setup();
    const counts = create();
    state.nowMs = minute + 59_999;
    expect([counts.add('a'), counts.add('a'), counts.add('b')].map(({ requests }) => requests)).toEqual([
      1, 2, 1,
    ]);
    expect(counts.of('a')).toEqual({ requests: 2, endsAtMs: minute + 60_000 });
    state.nowMs = minute + 60_000;
    expect(counts.of('a').requests).toBe(0);
    expect(counts.add('a')).toEqual(firstOf(minute + 60_000));
  });

  it('learns once a second what other processes have counted, and tells each request once', async () => {
    const { state, create, aSecond } = setup();
    const [one, other] = [create(), create()];
    for (let request = 0; request < 5; request += 1) one.add('a');
    other.add('a');
    await aSecond();
    expect([one, other].map((counts) => counts.of('a').requests)).toEqual([5, 6]);
    one.add('a');
    await aSecond();
    await aSecond();
    expect(one.of('a').requests).toBe(7);
    expect(state.told).toEqual([5, 1, 1]);
  });

  it('asks the database nothing while nobody asks', async () => {
    const { state, create, aSecond } = setup();
    const counts = create();
    counts.of('a');
    await aSecond();
    expect(state.told).toEqual([]);
  });

  it('takes nothing of one minute into the next', async () => {
    const { state, create, aSecond } = setup();
    const counts = create();
    for (let request = 0; request < 5; request += 1) counts.add('a');
    state.nowMs += 60_000;
    await aSecond();
    expect(state.told).toEqual([]);
    expect(counts.add('a').requests).toBe(1);
  });

  it('goes by its own counts while the database is away, and tells them when it is back', async () => {
    const { state, log, create, aSecond } = setup();
    const counts = create();
    state.isAway = true;
    counts.add('a');
    await aSecond();
    counts.add('a');
    await aSecond();
    expect(counts.of('a').requests).toBe(2);
    expect(log.lines).toMatchObject([{ message: 'note not written' }, { message: 'note not written' }]);
    state.isAway = false;
    await aSecond();
    expect(state.told).toEqual([2]);
    expect(counts.of('a').requests).toBe(2);
  });

  it('begins anew when the clock was set back', () => {
    const { state, create } = setup();
    const counts = create();
    counts.add('a');
    state.nowMs -= 3_600_000;
    expect(counts.add('a')).toEqual(firstOf(minute - 3_600_000));
  });
});
