import type { SandboxChild } from './start-child.ts';

/** A place for one child; whoever holds the slot may start, use and kill it. */
export interface Slot {
  child: SandboxChild | undefined;
}

export interface Slots {
  /**
   * Takes a slot, one that has a child if possible; waits its turn when all are taken.
   *
   * @returns undefined when `maxWaiting` others wait already. Rejects with the reason of the signal on abort.
   */
  take(signal?: AbortSignal): Promise<Slot | undefined>;
  /** Gives a slot to whoever waits longest. */
  give(slot: Slot): void;
  /** Takes all slots for good, each as soon as it is given back. */
  takeAll(): Promise<Slot[]>;
}

/** A first-come-first-served queue for a fixed number of children. */
export function createSlots(count: number, maxWaiting: number): Slots {
  const free: Slot[] = Array.from({ length: count }, () => ({ child: undefined }));
  const waiting = new Set<(slot: Slot) => void>();

  async function take(signal?: AbortSignal): Promise<Slot | undefined> {
    return free.pop() ?? (waiting.size < maxWaiting ? wait(signal) : undefined);
  }

  function takeAll(): Promise<Slot[]> {
    return Promise.all(Array.from({ length: count }, () => free.pop() ?? wait()));
  }

  function wait(signal?: AbortSignal): Promise<Slot> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        waiting.delete(receive);
        reject(signal?.reason);
      };
      const receive = (slot: Slot) => {
        signal?.removeEventListener('abort', abort);
        resolve(slot);
      };
      signal?.addEventListener('abort', abort, { once: true });
      waiting.add(receive);
    });
  }

  function give(slot: Slot): void {
    const [next] = waiting;
    if (next !== undefined) {
      waiting.delete(next);
      next(slot);
    } else if (slot.child?.isAlive) free.push(slot);
    else free.unshift(slot);
  }

  return { take, give, takeAll };
}
