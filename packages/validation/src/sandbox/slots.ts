import type { SandboxChild } from './start-child.ts';
import { createTenantDebts } from './tenant-debts.ts';
import { createTurns } from './turns.ts';

/** A place for one child; whoever holds the slot may start, use and kill it. */
export interface Slot {
  child: SandboxChild | undefined;
}

export interface SlotLimits {
  /** How many slots there are. */
  count: number;
  /** How many may wait beyond those, in all and of one tenant. */
  maxWaiting: number;
  maxWaitingPerTenant: number;
}

/** Why there is no slot. `slow`: the tenant's own runs take so long that its turn did not come in time. */
export type NoSlot = 'full' | 'late' | 'slow';

export interface Slots {
  /**
   * Takes a slot, one that has a child if possible; waits for its turn when there is none, but no longer than
   * `maxWaitMs`. Rejects with the reason of the signal on abort.
   */
  take(tenantId: string, maxWaitMs: number, signal: AbortSignal): Promise<Slot | NoSlot>;
  /** The tenant's time begins only now: until here it was ours. */
  begin(slot: Slot): void;
  /** Gives a slot back; whose turn it is gets it. */
  give(slot: Slot): void;
  /** Takes all slots for good, each as soon as it is given back. */
  takeAll(): Promise<Slot[]>;
}

/** Who is to have everything at the end. */
const closer = '';

/**
 * A fixed number of children, for which tenants take turns. Tenants whose runs take long may together hold one half of
 * them only: for all others a child comes free within the time of a quick run, whatever the slow ones do. A single
 * child has no half to keep.
 */
export function createSlots({ count, maxWaiting, maxWaitingPerTenant }: SlotLimits): Slots {
  const free: Slot[] = Array.from({ length: count }, () => ({ child: undefined }));
  const held = new Map<Slot, { tenantId: string; since: number }>();
  const turns = createTurns<(slot: Slot) => void>();
  const debts = createTenantDebts();
  const maxSlow = Math.max(1, Math.floor(count / 2));

  const isSlow = (tenantId: string) => {
    const now = performance.now();
    const holds = [...held.values()].filter((hold) => hold.tenantId === tenantId);
    return debts.isSlow(
      tenantId,
      holds.reduce((ms, { since }) => ms + now - since, 0),
      now,
    );
  };

  const mayGo = (tenantId: string) => {
    if (tenantId === closer || !isSlow(tenantId)) return true;
    return [...held.values()].filter((hold) => isSlow(hold.tenantId)).length < maxSlow;
  };

  function serve(): void {
    while (free.length > 0) {
      const turn = turns.next(mayGo);
      if (turn === undefined) return;
      turn.waiter(hold(turn.tenantId));
    }
  }

  /** Slots with a child stand last, and the quick ones take those: starting one takes longer than most runs. */
  function hold(tenantId: string): Slot {
    const slot = isSlow(tenantId) ? free.shift() : free.pop();
    if (slot === undefined) throw new Error('no slot is free');
    held.set(slot, { tenantId, since: performance.now() });
    return slot;
  }

  function take(tenantId: string, maxWaitMs: number, signal: AbortSignal): Promise<Slot | NoSlot> {
    return new Promise((resolve, reject) => {
      const forget = () => {
        turns.remove(tenantId, receive);
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      };
      const abort = () => {
        forget();
        reject(signal.reason);
      };
      const expire = () => {
        forget();
        resolve(isSlow(tenantId) ? 'slow' : 'late');
      };
      const receive = (slot: Slot) => {
        forget();
        resolve(slot);
      };
      let timer: NodeJS.Timeout | undefined;
      if (signal.aborted) return reject(signal.reason);
      if (free.length > 0 && mayGo(tenantId)) return resolve(hold(tenantId));
      if (turns.size >= maxWaiting || turns.countOf(tenantId) >= maxWaitingPerTenant) return resolve('full');
      timer = setTimeout(expire, maxWaitMs);
      signal.addEventListener('abort', abort, { once: true });
      turns.add(tenantId, receive);
    });
  }

  return {
    take,
    begin(slot) {
      const hold = held.get(slot);
      if (hold !== undefined) hold.since = performance.now();
    },
    give(slot) {
      const hold = held.get(slot);
      if (hold !== undefined) debts.charge(hold.tenantId, performance.now() - hold.since, performance.now());
      held.delete(slot);
      if (slot.child?.isAlive) free.push(slot);
      else free.unshift(slot);
      serve();
    },
    takeAll() {
      const one = () => new Promise<Slot>((resolve) => turns.add(closer, resolve));
      const all = Promise.all(Array.from({ length: count }, one));
      serve();
      return all;
    },
  };
}
