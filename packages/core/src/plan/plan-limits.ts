export const plans = ['FREE', 'PRO', 'ENTERPRISE'] as const;
export type UserPlan = (typeof plans)[number];

export interface PlanLimits {
  /** Executions that may wait for their first attempt; null for no limit. */
  maxWaiting: number | null;
  /** Executions that may run at the same time; null for no limit. */
  maxRunning: number | null;
  /** The most attempts an execution may ask for. */
  maxAttempts: number;
  /** Attempts when the request does not say. */
  defaultMaxAttempts: number;
  /** The longest one attempt may take, in milliseconds. */
  maxTimeoutMs: number;
  /** Whether CRITICAL may be asked for. */
  criticalPriority: boolean;
  /** Whether prompts may have FUNCTION validations. */
  functionValidations: boolean;
  /** Requests from one minute to the next, by all keys of a user together; null for no limit. */
  requestsPerMinute: number | null;
  /** US dollars as a decimal that a user may have spent in a UTC day and still submit; null for no limit. */
  maxCostUsdPerDay: string | null;
}

/** The limits of every plan. */
export type LimitsByPlan = Readonly<Record<UserPlan, PlanLimits>>;

export const defaultPlanLimits: LimitsByPlan = {
  FREE: {
    maxWaiting: 100,
    maxRunning: 2,
    maxAttempts: 2,
    defaultMaxAttempts: 2,
    maxTimeoutMs: 120_000,
    criticalPriority: false,
    functionValidations: false,
    requestsPerMinute: 60,
    maxCostUsdPerDay: '1',
  },
  PRO: {
    maxWaiting: 20_000,
    maxRunning: 50,
    maxAttempts: 5,
    defaultMaxAttempts: 3,
    maxTimeoutMs: 600_000,
    criticalPriority: true,
    functionValidations: true,
    requestsPerMinute: 6_000,
    maxCostUsdPerDay: '100',
  },
  ENTERPRISE: {
    maxWaiting: null,
    maxRunning: null,
    maxAttempts: 10,
    defaultMaxAttempts: 3,
    maxTimeoutMs: 3_600_000,
    criticalPriority: true,
    functionValidations: true,
    requestsPerMinute: null,
    maxCostUsdPerDay: null,
  },
};

/** The ranges of what an operator may set. */
const ranges = {
  maxWaiting: [0, 1_000_000_000],
  maxRunning: [1, 1_000_000],
  maxAttempts: [1, 10],
  defaultMaxAttempts: [1, 10],
  maxTimeoutMs: [1_000, 3_600_000],
  requestsPerMinute: [1, 1_000_000_000],
} as const;

/** Limits that an operator may take away altogether. */
const optional: ReadonlySet<string> = new Set([
  'maxWaiting',
  'maxRunning',
  'requestsPerMinute',
  'maxCostUsdPerDay',
] satisfies Array<keyof PlanLimits>);

/**
 * Changes the limits as an operator wrote it: `FREE.maxRunning=4`, `PRO.maxWaiting=none`, `FREE.criticalPriority=true`,
 * `FREE.maxCostUsdPerDay=2.50`.
 *
 * @returns the problem, in plain words, of the first entry that cannot be understood.
 */
export function changePlanLimits(entries: readonly string[]): LimitsByPlan | { problem: string } {
  const limits = copyOf(defaultPlanLimits);
  for (const entry of entries) {
    const [, plan, name, value] = /^([A-Z]+)\.([A-Za-z]+)=([\w.]+)$/.exec(entry) ?? [];
    const target = plans.find((one) => one === plan);
    const parsed = readLimit(name, value);
    if (target === undefined || name === undefined || parsed === undefined)
      return { problem: 'must look like FREE.maxRunning=4,PRO.maxWaiting=none' };
    Object.assign(limits[target], { [name]: parsed });
  }
  for (const limit of Object.values(limits))
    limit.defaultMaxAttempts = Math.min(limit.defaultMaxAttempts, limit.maxAttempts);
  return limits;
}

/** @returns undefined when there is no such limit, or it cannot have this value. */
function readLimit(name = '', value = ''): PlanLimits[keyof PlanLimits] | undefined {
  if (name === 'criticalPriority' || name === 'functionValidations')
    return value === 'true' ? true : value === 'false' ? false : undefined;
  if (value === 'none') return optional.has(name) ? null : undefined;
  // As it is written: money is never a float.
  if (name === 'maxCostUsdPerDay') return /^\d{1,9}(\.\d{1,6})?$/.test(value) ? value : undefined;
  if (!Object.hasOwn(ranges, name)) return undefined;
  const [min, max] = ranges[name as keyof typeof ranges];
  return /^\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max ? Number(value) : undefined;
}

function copyOf({ FREE, PRO, ENTERPRISE }: LimitsByPlan): Record<UserPlan, PlanLimits> {
  return { FREE: { ...FREE }, PRO: { ...PRO }, ENTERPRISE: { ...ENTERPRISE } };
}

/** One attempt's limit when the request does not say, in milliseconds. */
export const defaultTimeoutMs = 120_000;

/** How long an execution may wait and run in all when the request does not say: 24 hours, in milliseconds. */
export const defaultDeadlineMs = 86_400_000;
