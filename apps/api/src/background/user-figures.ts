import type { Clock, Logger } from '@formaops/core';

/** Figures of users that each cost a statement, and are looked up anew about once a second while they are asked for. */
export interface UserFigures<Figure, Limit> {
  /** The user's figure, seldom older than a second; the request waits only where it is unknown or ten seconds old. */
  find(userId: string, limit: Limit): Promise<Figure>;
}

export interface UserFiguresOptions<Figure, Limit> {
  /** @param previous what is known; it is used, and may change, until the promise is settled. */
  read: (userId: string, limit: Limit, previous: Figure | undefined) => Promise<Figure>;
  clock: Pick<Clock, 'monotonicMs'>;
  log: Logger;
}

interface Known<Figure> {
  figure: Figure | undefined;
  readAtMs: number;
  reading: Promise<void> | null;
}

/** Older figures are read anew beside the request; other processes may have let in as much meanwhile. */
export const freshMs = 1_000;
/** So old a figure says nothing: the request waits for a new one. */
const staleMs = 10_000;
/** Users at most; whoever was read longest ago is forgotten, and read again. */
const maxUsers = 10_000;

export function createUserFigures<Figure, Limit>({
  read,
  clock,
  log,
}: UserFiguresOptions<Figure, Limit>): UserFigures<Figure, Limit> {
  const users = new Map<string, Known<Figure>>();

  const renew = async (userId: string, known: Known<Figure>, limit: Limit): Promise<void> => {
    try {
      known.figure = await read(userId, limit, known.figure);
      known.readAtMs = clock.monotonicMs();
    } finally {
      known.reading = null;
    }
  };
  const knownOf = (userId: string): Known<Figure> => {
    const known = users.get(userId);
    if (known !== undefined) return known;
    const [oldest] = users.keys();
    if (oldest !== undefined && users.size >= maxUsers) users.delete(oldest);
    const unknown = { figure: undefined, readAtMs: Number.NEGATIVE_INFINITY, reading: null };
    users.set(userId, unknown);
    return unknown;
  };

  return {
    async find(userId, limit) {
      const known = knownOf(userId);
      const ageMs = clock.monotonicMs() - known.readAtMs;
      if (ageMs >= freshMs) known.reading ??= renew(userId, known, limit);
      if (ageMs >= staleMs) await known.reading;
      else known.reading?.catch((error: unknown) => log.warn({ err: error, userId }, 'figure not read'));
      if (known.figure === undefined) throw new Error('a figure that was read is unknown');
      return known.figure;
    },
  };
}
