/** A tenant with more debt than this shares the slow half of the children with others like it. */
const slowAboveMs = 500;
/** A tenth of one child's time is free. */
const forgivenPerMs = 0.1;
const maxTenants = 10_000;

interface Debt {
  ms: number;
  /** When it was that much, on the clock of the caller. */
  at: number;
}

/**
 * How much time of the children each tenant has used of late. Every run is charged; a tenth of the time that passes is
 * forgiven. So a validation of 0.5 ms may run 200 times a second for ever, and one that burns a second each time makes
 * its tenant slow at once.
 */
export interface TenantDebts {
  charge(tenantId: string, ms: number, now: number): void;
  /** @param runningMs what runs that are still under way have used. */
  isSlow(tenantId: string, runningMs: number, now: number): boolean;
}

export function createTenantDebts(): TenantDebts {
  const debts = new Map<string, Debt>();

  const owed = (tenantId: string, now: number) => {
    const { ms, at } = debts.get(tenantId) ?? { ms: 0, at: now };
    return Math.max(0, ms - (now - at) * forgivenPerMs);
  };

  return {
    charge(tenantId, ms, now) {
      const total = owed(tenantId, now) + ms;
      // The end of the map is where the latest stand.
      debts.delete(tenantId);
      debts.set(tenantId, { ms: total, at: now });
      const [oldest] = debts.keys();
      if (debts.size > maxTenants && oldest !== undefined) debts.delete(oldest);
    },
    isSlow: (tenantId, runningMs, now) => owed(tenantId, now) + runningMs > slowAboveMs,
  };
}
