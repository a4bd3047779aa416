import { clientRules } from './client-rules.ts';
import type { Facts, Rule, Violation } from './facts.ts';
import { providerRules } from './provider-rules.ts';
import { systemRules } from './system-rules.ts';

export const rules: readonly Rule[] = [...clientRules, ...providerRules, ...systemRules];

/** Looks at everything that must hold. */
export function check(facts: Facts): Violation[] {
  return rules.flatMap(({ id, check: find }) => find(facts).map((found) => ({ rule: id, ...found })));
}
