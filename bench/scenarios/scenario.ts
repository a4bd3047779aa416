import type { Run } from '../run.ts';
import type { QueueBackend, Subject } from '../subjects/subject.ts';

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
  /** Executions that wait when a drain begins: so many, or as many as were accepted in that time. */
  backlog: number;
  fillSeconds: number;
  /** A drain that takes longer is cut off; what was done by then counts. */
  drainSeconds: number;
  pickups: number;
  /** Executions over which memory must stay flat. */
  endurance: number;
  /** How long the calls of `in-flight` take. */
  holdSeconds: number;
  /** Executions that are there already, for `table-size`. */
  tableRows: readonly number[];
  /** Repetitions of what a scenario repeats by itself. */
  repeat: number;
}

/** One row of the report. */
export interface Scenario {
  name: string;
  title: string;
  /** The figure that the row is about; its spread over the repetitions tells how far to trust it. */
  headline: string;
  /** Who takes part in `--quick`: everybody on one backend, the product alone, or nobody. */
  quick: 'everybody' | 'product' | 'nobody';
  /** Set where the preparation takes so long that the scenario repeats the rest by itself. */
  once?: boolean;
  /** Not every subject does everything. */
  isFor(subject: Subject, backend: QueueBackend): boolean;
  run(run: Run): Promise<Measurement>;
}
