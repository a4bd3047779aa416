/** What a load process is asked to do, as the JSON of its one argument. */
export interface LoadPlan {
  port: number;
  apiKey: string;
  promptId: string;
  /** Makes the idempotency keys of this run its own. */
  run: string;
  /** Nothing is counted in this time, in seconds. */
  warmUpSeconds: number;
  /** How long is measured, and how many requests are sent at most; one of them at least. */
  seconds?: number;
  count?: number;
  /** Closed loop: connections, each with one request under way. */
  connections?: number;
  /** Open loop: requests per second, sent when they are due, whatever became of those before. */
  ratePerSecond?: number;
  model?: string;
}

/** What it found. */
export interface LoadResult {
  /** Answered with 202 in the measured time. */
  accepted: number;
  /** Answered with anything else, by status; `0` is a connection that broke. */
  refused: Record<string, number>;
  seconds: number;
  latencyMs: { mean: number; p50: number; p90: number; p99: number; p999: number; max: number };
  /** Milliseconds since 1970, for comparing with the clock of the database. */
  fromMs: number;
  toMs: number;
  /** Of every accepted request, open loop only: the id and when it should have been sent. */
  submissions?: { id: string; atMs: number }[];
}

/** It tells so when the measured time begins and ends, so that others can look at their clocks. */
export type LoadMessage = { ready: true } | { measuring: true } | { measured: true } | { result: LoadResult };
