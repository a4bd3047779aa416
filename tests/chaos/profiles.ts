export const profileNames = [
  'smoke',
  'mixed',
  'soak',
  'mutation',
  'queue-loss',
  'postgres-outage',
  'zombie',
  'cancel',
  'recovery',
  'enqueue-kills',
] as const;
export type ProfileName = (typeof profileNames)[number];

/** How hard a run presses, and how long it may take to recover. */
export interface Pressure {
  seconds: number;
  /** Submissions a second, on average. */
  rate: number;
  /** `each`: every kind of fault once, evenly spread; `random`: Poisson with weights; `none`; `mutation`: what shows sabotage. */
  faults: 'each' | 'random' | 'none' | 'mutation';
  /** Whether processes are started that kill themselves at a failpoint. */
  failpoints: boolean;
  /** How long the provider thinks, in milliseconds. */
  latencyMs: { p50: number; p99: number };
  /** Which share of the executions is cancelled, up to `cancelWithinMs` after it was accepted. */
  cancelShare: number;
  cancelWithinMs: number;
  /** Of every request: one attempt's limit, in milliseconds. */
  timeoutMs: number;
  /** Of every request: when it ends as FAILED at the latest, in milliseconds. */
  deadlineMs: number;
  /** All must be quiet so soon after the last fault, in milliseconds. */
  settleMs: number;
}

const usual = { latencyMs: { p50: 80, p99: 2_000 }, cancelShare: 0.08, cancelWithinMs: 3_000 };

export const pressures = {
  smoke: {
    ...usual,
    seconds: 60,
    rate: 20,
    faults: 'each',
    failpoints: true,
    timeoutMs: 3_000,
    deadlineMs: 28_000,
    settleMs: 30_000,
  },
  mixed: {
    ...usual,
    seconds: 600,
    rate: 40,
    faults: 'random',
    failpoints: true,
    timeoutMs: 8_000,
    deadlineMs: 90_000,
    settleMs: 180_000,
  },
  soak: {
    ...usual,
    seconds: 3_600,
    rate: 40,
    faults: 'none',
    failpoints: false,
    timeoutMs: 8_000,
    deadlineMs: 90_000,
    settleMs: 180_000,
  },
  mutation: {
    seconds: 24,
    rate: 15,
    faults: 'mutation',
    failpoints: false,
    // Long calls, so that a zombie has something to finish; and cancels that come too late.
    latencyMs: { p50: 2_500, p99: 6_000 },
    cancelShare: 0.2,
    cancelWithinMs: 8_000,
    timeoutMs: 8_000,
    deadlineMs: 600_000,
    settleMs: 45_000,
  },
} as const satisfies Partial<Record<ProfileName, Pressure>>;
