import { describe, expect, it } from '@jest/globals';
import { executionKey, userKey } from './messages.ts';
import { createWatchers } from './watchers.ts';

const one = { executionId: 'e1', userId: 'u1' };
const another = { executionId: 'e2', userId: 'u2' };

function setup() {
  const state = { now: 0 };
  return { state, watchers: createWatchers({ monotonicMs: () => state.now }) };
}

describe('createWatchers', () => {
  it('knows nobody at first', () => {
    expect(setup().watchers.of(one, 'changes')).toEqual([]);
  });

  it('finds who watches an execution, or all of its user, each process once', () => {
    const { watchers } = setup();
    watchers.note({ address: 'a', keys: [executionKey('e1'), userKey('u1')], output: false });
    watchers.note({ address: 'b', keys: [userKey('u1')], output: false });
    expect(watchers.of(one, 'changes')).toEqual(['a', 'b']);
    expect(watchers.of(another, 'changes')).toEqual([]);
  });

  it('tells who wants the text from who does not', () => {
    const { watchers } = setup();
    watchers.note({ address: 'a', keys: [executionKey('e1')], output: true });
    watchers.note({ address: 'a', keys: [executionKey('e1')], output: false });
    watchers.note({ address: 'b', keys: [executionKey('e1')], output: false });
    expect(watchers.of(one, 'output')).toEqual(['a']);
    expect(watchers.of(one, 'changes')).toEqual(['a', 'b']);
  });

  it('forgets who falls silent, and not who goes on', () => {
    const { state, watchers } = setup();
    watchers.note({ address: 'a', keys: [executionKey('e1')], output: true });
    watchers.note({ address: 'b', keys: [executionKey('e1')], output: true });
    state.now = 15_000;
    watchers.note({ address: 'b', keys: [executionKey('e1')], output: true });
    state.now = 20_001;
    expect(watchers.of(one, 'changes')).toEqual(['b']);
    expect(watchers.of(one, 'output')).toEqual(['b']);
    state.now = 35_000;
    expect([watchers.of(one, 'changes'), watchers.of(one, 'output')]).toEqual([[], []]);
    state.now = 60_000;
    expect(watchers.of(one, 'changes')).toEqual([]);
  });
});
