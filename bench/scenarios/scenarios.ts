import { drain, drainOpenAi, drainSchema, drainTwo } from './drain.ts';
import { endurance } from './endurance.ts';
import { events } from './events.ts';
import { inFlight } from './in-flight.ts';
import { ingest } from './ingest.ts';
import { pickup } from './pickup.ts';
import { queueCost } from './queue-cost.ts';
import type { Scenario } from './scenario.ts';
import { tableSize } from './table-size/table-size.ts';
import { together } from './together.ts';

/** All rows, in the order of the report. */
export const scenarios: readonly Scenario[] = [
  ingest,
  drain,
  drainTwo,
  drainSchema,
  drainOpenAi,
  together,
  pickup,
  inFlight,
  events,
  queueCost,
  endurance,
  tableSize,
];
