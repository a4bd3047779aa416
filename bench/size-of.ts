import type { Options } from './options.ts';
import type { Size } from './scenarios/scenario.ts';

const quickSize = {
  seconds: 1.5,
  warmUpSeconds: 1,
  backlog: 10_000,
  fillSeconds: 1.2,
  drainSeconds: 2,
  pickups: 100,
  endurance: 5_000,
  holdSeconds: 3,
  tableRows: [10_000, 100_000],
};

/** Warm enough for V8 to have compiled what matters: of the API's CPU a request took 0.28 ms within 4 seconds after 3, and 0.21 ms within 24. */
const fullSize = {
  seconds: 10,
  warmUpSeconds: 10,
  backlog: 40_000,
  fillSeconds: 30,
  drainSeconds: 20,
  pickups: 1_000,
  endurance: 100_000,
  holdSeconds: 15,
  tableRows: [10_000, 1_000_000, 10_000_000],
};

/** How much is done, from what was asked for. */
export function sizeOf({ quick, repeat, seconds, backlog, endurance, tableRows }: Options): Size {
  return {
    ...(quick ? quickSize : fullSize),
    repeat,
    ...(seconds && { seconds }),
    ...(backlog && { backlog }),
    ...(endurance && { endurance }),
    ...(tableRows && { tableRows }),
  };
}
