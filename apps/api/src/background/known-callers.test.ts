import type { Caller, Queryable } from '@formaops/db';
import { describe, expect, it } from '@jest/globals';
import { createKnownCallers } from './known-callers.ts';

/** Callers of a database that a test changes, on a clock that a test moves. */
function setup() {
  const caller: Caller = { keyId: 'k', scopes: ['read'], userId: 'u', plan: 'PRO' };
  const state = { now: 1_000, rows: [caller], lookUps: 0, lastsMs: 0 };
  const query = async () => {
    const { rows } = state;
    state.lookUps += 1;
    state.now += state.lastsMs;
    return { rows };
  };
  const db = { query: query as unknown as Queryable['query'] };
  return { state, caller, callers: createKnownCallers(db, { monotonicMs: () => state.now }) };
}

describe('createKnownCallers', () => {
  it('looks a key up once for many requests, also for those that come at the same time', async () => {
    const { state, caller, callers } = setup();
    const found = await Promise.all([callers.find('hash'), callers.find('hash')]);
    expect([...found, await callers.find('hash')]).toEqual([caller, caller, caller]);
    expect(state.lookUps).toBe(1);
  });

  it.each([0, 3_000])(
    'lets nobody in five seconds after the key was revoked, when a look-up lasts %i ms',
    async (ms) => {
      const { state, callers } = setup();
      Object.assign(state, { lastsMs: ms });
      await callers.find('hash');
      // Revoked while the look-up was under way.
      Object.assign(state, { rows: [], lastsMs: 0, now: 5_500 });
      expect(await callers.find('hash')).toBeNull();
    },
  );

  it('forgets a key at once when it is told to, also one that is being looked up', async () => {
    const { state, caller, callers } = setup();
    await callers.find('hash');
    const underWay = callers.find('another');
    for (const hash of ['hash', 'another']) callers.forget(hash);
    state.rows = [];
    expect(await underWay).toEqual(caller);
    expect([await callers.find('hash'), await callers.find('another')]).toEqual([null, null]);
  });

  it('answers who shows an unknown key although it is forgotten meanwhile', async () => {
    const { state, callers } = setup();
    state.rows = [];
    const finding = callers.find('hash');
    callers.forget('hash');
    expect(await finding).toBeNull();
  });

  it('remembers nobody who is unknown', async () => {
    const { state, caller, callers } = setup();
    state.rows = [];
    expect(await callers.find('hash')).toBeNull();
    state.rows = [caller];
    expect(await callers.find('hash')).toEqual(caller);
  });
});
