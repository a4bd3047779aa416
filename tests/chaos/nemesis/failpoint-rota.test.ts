import { failpointNames } from '@formaops/runtime';
import { describe, expect, it } from '@jest/globals';
import type { Life } from '../rig/supervise.ts';
import { createFailpointRota, missingFailpoints } from './failpoint-rota.ts';

const diedAt = (failpoint: string | null) => ({ failpoint }) as Life;

describe('createFailpointRota', () => {
  it('lets every failpoint fire when each armed life dies of it', () => {
    const lives: Life[] = [];
    const rota = createFailpointRota(() => lives);
    for (let turn = 0; turn < failpointNames.length; turn += 1)
      for (const process of ['api', 'worker-1']) lives.push(diedAt(rota.arm(process)?.split(':')[0] ?? null));
    expect(missingFailpoints(lives)).toEqual([]);
  });

  it('leaves the second worker alone, and everybody once it is disarmed', () => {
    const rota = createFailpointRota(() => []);
    expect(rota.arm('worker-2')).toBeNull();
    rota.disarm();
    expect(rota.arm('api')).toBeNull();
  });
});

describe('missingFailpoints', () => {
  it('names what never fired', () => {
    const fired = failpointNames.slice(1).map(diedAt);
    expect(missingFailpoints([...fired, diedAt(null)])).toEqual([failpointNames[0]]);
  });
});
