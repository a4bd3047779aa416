import { describe, expect, it } from '@jest/globals';
import { createSlots, type Slot } from './slots.ts';
import type { SandboxChild } from './start-child.ts';

const child = (isAlive: boolean) => ({ isAlive }) as SandboxChild;

const never = new AbortController().signal;

function setup(count: number, maxWaiting: number, maxWaitingPerTenant = maxWaiting) {
  const slots = createSlots({ count, maxWaiting, maxWaitingPerTenant });
  const take = async (tenantId = 't', signal = never) => {
    const slot = await slots.take(tenantId, 60_000, signal);
    if (typeof slot === 'string') throw new Error(slot);
    return slot;
  };
  return { ...slots, take };
}

function takeSome(slots: ReturnType<typeof setup>, count: number): Promise<Slot[]> {
  return Promise.all(Array.from({ length: count }, () => slots.take()));
}

describe('createSlots', () => {
  it('hands out every slot once', async () => {
    const slots = setup(3, 0);
    expect(new Set(await takeSome(slots, 3)).size).toBe(3);
    await expect(slots.take()).rejects.toThrow('full');
  });

  it('serves those who wait in the order in which they came', async () => {
    const slots = setup(1, 3);
    const [slot] = await takeSome(slots, 1);
    const served: number[] = [];
    const waiters = [1, 2, 3].map(async (number) => {
      const taken = await slots.take();
      served.push(number);
      slots.give(taken);
    });
    if (slot !== undefined) slots.give(slot);
    await Promise.all(waiters);
    expect(served).toEqual([1, 2, 3]);
  });

  it('turns away whoever comes when too many wait', async () => {
    const slots = setup(1, 1);
    const [slot] = await takeSome(slots, 1);
    const waiting = slots.take();
    await expect(slots.take()).rejects.toThrow('full');
    if (slot !== undefined) slots.give(slot);
    expect(await waiting).toBe(slot);
  });

  it('forgets a waiter who gave up, and serves the next', async () => {
    const slots = setup(1, 2);
    const [slot] = await takeSome(slots, 1);
    const controller = new AbortController();
    const gaveUp = slots.take('t', controller.signal);
    const next = slots.take();
    controller.abort(new Error('changed my mind'));
    await expect(gaveUp).rejects.toThrow('changed my mind');
    if (slot !== undefined) slots.give(slot);
    expect(await next).toBe(slot);
  });

  it('does not take a slot back from one whose signal fires later', async () => {
    const slots = setup(1, 1);
    const [slot] = await takeSome(slots, 1);
    const controller = new AbortController();
    const waiting = slots.take('t', controller.signal);
    if (slot !== undefined) slots.give(slot);
    controller.abort(new Error('too late'));
    expect(await waiting).toBe(slot);
  });

  it('hands out all slots for good, also when nobody may wait', async () => {
    const slots = setup(2, 0);
    const [taken] = await takeSome(slots, 1);
    const all = slots.takeAll();
    if (taken !== undefined) slots.give(taken);
    expect(new Set(await all)).toEqual(new Set([taken, expect.anything()]));
    await expect(slots.take()).rejects.toThrow('full');
  });

  it.each([child(false), undefined])('prefers a slot whose child is alive to one with %j', async (other) => {
    const slots = setup(2, 0);
    const [warm, cold] = await takeSome(slots, 2);
    if (warm === undefined || cold === undefined) throw new Error('expected two slots');
    warm.child = child(true);
    cold.child = other;
    slots.give(warm);
    slots.give(cold);
    expect(await slots.take()).toBe(warm);
  });

  it('turns away whoever comes when too many of the same tenant wait, and nobody else', async () => {
    const slots = setup(1, 9, 1);
    const [slot] = await takeSome(slots, 1);
    const waiting = slots.take('t');
    await expect(slots.take('t')).rejects.toThrow('full');
    const other = slots.take('u');
    if (slot === undefined) throw new Error('expected a slot');
    slots.give(slot);
    slots.give(await waiting);
    expect(await other).toBe(slot);
  });

  it('says why there was no turn in time', async () => {
    const slots = createSlots({ count: 1, maxWaiting: 9, maxWaitingPerTenant: 9 });
    await slots.take('t', 0, never);
    expect(await slots.take('u', 0, never)).toBe('late');
  });
});
