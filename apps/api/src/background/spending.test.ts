import type { Queryable } from '@formaops/db';
import { recordingLog } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { createSpending } from './spending.ts';

/** What a database says that a test sets, on a clock that a test moves. */
function setup() {
  const state = { now: 0, isOver: false, endsInMs: 3_600_000, lookUps: 0, isAway: false };
  const query = async () => {
    state.lookUps += 1;
    if (state.isAway) throw new Error('database away');
    return { rows: [{ usd: '1', isOver: state.isOver, endsInMs: state.endsInMs }] };
  };
  const log = recordingLog();
  const db = { query: query as unknown as Queryable['query'] };
  return { state, log, spending: createSpending(db, log, { monotonicMs: () => state.now }) };
}

/** Lets what goes on beside a request come to its end. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('createSpending', () => {
  it('asks nothing for a plan without a limit', async () => {
    const { state, spending } = setup();
    state.isOver = true;
    await spending.check('u', null);
    expect(state.lookUps).toBe(0);
  });

  it('refuses who has spent the limit until the day ends, by the clock of the database', async () => {
    const { state, spending } = setup();
    state.isOver = true;
    await expect(spending.check('u', '1')).rejects.toMatchObject({
      code: 'COST_LIMIT',
      retryAfterMs: 3_600_000,
    });
    state.now = 600;
    await expect(spending.check('u', '1')).rejects.toMatchObject({ retryAfterMs: 3_599_400 });
  });

  it('lets in at midnight, although it has not looked again', async () => {
    const { state, spending } = setup();
    Object.assign(state, { isOver: true, endsInMs: 500 });
    await expect(spending.check('u', '1')).rejects.toMatchObject({ code: 'COST_LIMIT', retryAfterMs: 500 });
    state.now = 500;
    await spending.check('u', '1');
    expect(state.lookUps).toBe(1);
  });

  it('looks once a second at most, for many requests together, and beside them', async () => {
    const { state, spending } = setup();
    await Promise.all(Array.from({ length: 5 }, () => spending.check('u', '1')));
    state.now = 999;
    await spending.check('u', '1');
    expect(state.lookUps).toBe(1);
    Object.assign(state, { now: 1_000, isOver: true });
    await spending.check('u', '1');
    await settled();
    await expect(spending.check('u', '1')).rejects.toMatchObject({ code: 'COST_LIMIT' });
    expect(state.lookUps).toBe(2);
  });

  it('goes on with what it knows for ten seconds without a database, and then waits for it', async () => {
    const { state, log, spending } = setup();
    await spending.check('u', '1');
    Object.assign(state, { isAway: true, now: 9_999 });
    await spending.check('u', '1');
    await settled();
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'figure not read' }]);
    state.now = 10_000;
    await expect(spending.check('u', '1')).rejects.toThrow('database away');
  });
});
