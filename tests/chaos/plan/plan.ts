import type { Backend } from '../options.ts';
import type { Pressure } from '../profiles.ts';
import { type Fault, planFaults } from './faults.ts';
import { type Operation, planOperations } from './operations.ts';
import { mulberry32 } from './random.ts';

export interface Plan {
  operations: Operation[];
  faults: Fault[];
}

/** The whole run, from the seed alone. Real processes take their own time; what presses on them is the same each time. */
export function makePlan(seed: number, pressure: Pressure, backend: Backend): Plan {
  // A generator each: more operations do not change the faults.
  return {
    operations: planOperations(mulberry32(seed), pressure),
    faults: planFaults(mulberry32(seed ^ 0x5f_3e_11), pressure, backend),
  };
}

/** One line for each event, in the order of their times. */
export function planLines({ operations, faults }: Plan): string {
  return [...operations, ...faults]
    .sort((one, other) => one.atMs - other.atMs)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}
