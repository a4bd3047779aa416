import { type FailpointName, failpointNames } from '@formaops/runtime';
import type { Life } from '../rig/supervise.ts';

/** The failpoints of the API; the others are the worker's. */
const ofApi: readonly FailpointName[] = ['after_commit', 'before_enqueue', 'before_response'];
const ofWorker = failpointNames.filter((name) => !ofApi.includes(name));

/** High enough to fire within seconds, low enough that something happens before. */
const eagerChance = 0.1;
/** Once each has fired: about every half minute at 40 requests a second. */
const rareChance = 0.001;

export interface FailpointRota {
  /** What the next life of a process kills itself at; null: nothing. */
  arm(process: string): string | null;
  /** From now on nothing is armed. */
  disarm(): void;
}

/**
 * Lets each failpoint fire in turn: always one process with one of them, so that it is known what killed it. Of the
 * workers only the first is armed; the other keeps the work going.
 *
 * @param lives all lives of all processes so far.
 */
export function createFailpointRota(lives: () => readonly Life[]): FailpointRota {
  let isOn = true;
  let turn = 0;
  return {
    arm(process) {
      if (!isOn || process === 'worker-2') return null;
      const names = process === 'api' ? ofApi : ofWorker;
      const fired = firedFailpoints(lives());
      const missing = names.filter((name) => !fired.has(name));
      turn += 1;
      const name = (missing.length > 0 ? missing : names)[turn % (missing.length || names.length)];
      return `${name}:${missing.length > 0 ? eagerChance : rareChance}`;
    },
    disarm() {
      isOn = false;
    },
  };
}

/** How often each failpoint has fired. */
export function firedFailpoints(lives: readonly Life[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { failpoint } of lives)
    if (failpoint !== null) counts.set(failpoint, (counts.get(failpoint) ?? 0) + 1);
  return counts;
}

/** Those that never fired: a run with one of them has not tried what it should. */
export function missingFailpoints(lives: readonly Life[]): string[] {
  const fired = firedFailpoints(lives);
  return failpointNames.filter((name) => !fired.has(name));
}
