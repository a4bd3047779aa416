import { FormaError } from '@formaops/core';

/** Lets expensive requests of one user wait for each other, so that they never take what everybody needs. */
export interface UserTurns {
  /**
   * Takes a turn, and waits for one while the user has as many as there may be at once. Given back when it goes out of scope.
   *
   * @param signal whose abort ends the waiting: what nobody waits for must not keep its body in memory.
   * @throws FormaError `OVERLOADED` when too many of the user's wait already, and the signal's reason.
   */
  take(userId: string, signal: AbortSignal): Promise<Disposable>;
}

export interface UserTurnsOptions {
  /** Turns of one user at the same time. */
  atOnce: number;
  /** Of one user, besides. */
  maxWaiting: number;
}

interface Line {
  taken: number;
  waiting: Array<() => void>;
}

export function createUserTurns({ atOnce, maxWaiting }: UserTurnsOptions): UserTurns {
  const lines = new Map<string, Line>();

  const giveBack = (userId: string, line: Line) => {
    const next = line.waiting.shift();
    // The turn passes on as it is.
    if (next) return next();
    line.taken -= 1;
    if (line.taken === 0) lines.delete(userId);
  };
  const waitIn = async ({ waiting }: Line, signal: AbortSignal): Promise<void> => {
    if (waiting.length >= maxWaiting) throw new FormaError('OVERLOADED');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      const place = waiting.indexOf(resolve);
      if (place >= 0) waiting.splice(place, 1);
      reject(signal.reason);
    };
    waiting.push(resolve);
    signal.addEventListener('abort', leave, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', leave));
  };

  return {
    async take(userId, signal) {
      signal.throwIfAborted();
      const line = lines.get(userId) ?? { taken: 0, waiting: [] };
      if (line.taken >= atOnce) await waitIn(line, signal);
      else {
        line.taken += 1;
        lines.set(userId, line);
      }
      return { [Symbol.dispose]: () => giveBack(userId, line) };
    },
  };
}
