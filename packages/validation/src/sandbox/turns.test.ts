import { describe, expect, it } from '@jest/globals';
import { createTurns } from './turns.ts';

const everybody = () => true;

function setup(...waiters: Array<[tenant: string, waiter: number]>) {
  const turns = createTurns<number>();
  for (const [tenant, waiter] of waiters) turns.add(tenant, waiter);
  const serveAll = (mayGo: (tenant: string) => boolean = everybody) => {
    const served: number[] = [];
    for (let turn = turns.next(mayGo); turn !== undefined; turn = turns.next(mayGo)) served.push(turn.waiter);
    return served;
  };
  return { turns, serveAll };
}

describe('createTurns', () => {
  it('serves tenants in turn, and each in the order in which it came', () => {
    const { serveAll } = setup(['a', 1], ['a', 2], ['a', 3], ['b', 4], ['b', 5], ['c', 6]);
    expect(serveAll()).toEqual([1, 4, 6, 2, 5, 3]);
  });

  it('passes over tenants who may not go, and serves them later', () => {
    const { serveAll } = setup(['a', 1], ['b', 2], ['a', 3]);
    expect(serveAll((tenant) => tenant !== 'a')).toEqual([2]);
    expect(serveAll()).toEqual([1, 3]);
  });

  it('counts those who wait, and forgets those who leave', () => {
    const { turns, serveAll } = setup(['a', 1], ['a', 2], ['b', 3]);
    turns.remove('a', 1);
    turns.remove('a', 1);
    turns.remove('c', 9);
    expect([turns.size, turns.countOf('a'), turns.countOf('b'), turns.countOf('c')]).toEqual([2, 1, 1, 0]);
    expect(serveAll()).toEqual([2, 3]);
    expect(turns.size).toBe(0);
  });
});
