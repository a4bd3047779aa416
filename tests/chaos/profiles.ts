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
  /** Of every request: one attempt's limit, in milliseconds. */
  timeoutMs: number;
  /** Of every request: when it ends as FAILED at the latest, in milliseconds. */
  deadlineMs: number;
  /** All must be quiet so soon after the last fault, in milliseconds. */
  settleMs: number;
}

export const pressures = {
  smoke: {
    seconds: 60,
    rate: 20,
    faults: 'each',
    failpoints: true,
    timeoutMs: 3_000,
    deadlineMs: 28_000,
    settleMs: 30_000,
  },
  mixed: {
    seconds: 600,
    rate: 40,
    faults: 'random',
    failpoints: true,
    timeoutMs: 8_000,
    deadlineMs: 90_000,
    settleMs: 180_000,
  },
  soak: {
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
    timeoutMs: 8_000,
    deadlineMs: 600_000,
    settleMs: 30_000,
  },
} as const satisfies Partial<Record<ProfileName, Pressure>>;
