import type { Options } from './options.ts';
import type { Size } from './scenarios/scenario.ts';

const quickSize = {
  seconds: 1.5,
  warmUpSeconds: 1,
  backlog: 10_000,
  fillSeconds: 1.5,
  drainSeconds: 3,
  pickups: 100,
  endurance: 5_000,
  holdSeconds: 3,
  tableRows: [10_000, 100_000],
};

const fullSize = {
  seconds: 10,
  warmUpSeconds: 3,
  backlog: 20_000,
  fillSeconds: 60,
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
