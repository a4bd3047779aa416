import type { Run } from '../run.ts';
import type { Subject } from '../subjects/subject.ts';

/** What one run found: figures by name. Names end in their unit; `…Per` is for each execution. */
export type Figures = Record<string, number>;

export interface Measurement {
  figures: Figures;
  /** CPU-ms per execution, by role. */
  cpuMsPer?: Record<string, number>;
  /** What others used of the machine meanwhile, as a share of one core. */
  othersShare?: number;
}

/** How much is done: enough to be trusted, or just enough to see that it works. */
export interface Size {
  seconds: number;
  warmUpSeconds: number;
  /** Executions that wait when a drain begins. */
  backlog: number;
  /** A drain that takes longer is cut off; what was done by then counts. */
  drainSeconds: number;
  pickups: number;
}

/** One row of the report. */
export interface Scenario {
  name: string;
  title: string;
  /** The figure that the row is about; its spread over the repetitions tells how far to trust it. */
  headline: string;
  /** Not every subject does everything. */
  isFor(subject: Subject): boolean;
  run(run: Run): Promise<Measurement>;
}
