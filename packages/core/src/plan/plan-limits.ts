export const plans = ['FREE', 'PRO', 'ENTERPRISE'] as const;
export type UserPlan = (typeof plans)[number];

export interface PlanLimits {
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
}

export const planLimits: Record<UserPlan, PlanLimits> = {
  FREE: {
    maxAttempts: 2,
    defaultMaxAttempts: 2,
    maxTimeoutMs: 120_000,
    criticalPriority: false,
    functionValidations: false,
  },
  PRO: {
    maxAttempts: 5,
    defaultMaxAttempts: 3,
    maxTimeoutMs: 600_000,
    criticalPriority: true,
    functionValidations: true,
  },
  ENTERPRISE: {
    maxAttempts: 10,
    defaultMaxAttempts: 3,
    maxTimeoutMs: 3_600_000,
    criticalPriority: true,
    functionValidations: true,
  },
};

/** One attempt's limit when the request does not say, in milliseconds. */
export const defaultTimeoutMs = 120_000;

/** How long an execution may wait and run in all when the request does not say: 24 hours, in milliseconds. */
export const defaultDeadlineMs = 86_400_000;
