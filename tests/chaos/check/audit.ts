import type { InvariantReport } from '@formaops/db';
import type { Violation } from './facts.ts';

/** What `npm run audit` finds, as violations: the invariants that can be seen in the database alone. */
export function toViolations(reports: readonly InvariantReport[]): Violation[] {
  return reports.flatMap(({ id, title, offenders }) =>
    offenders.map((offender) => {
      // `<execution id>: <what is wrong>`
      const [executionId = null] = offender.split(': ');
      return { rule: id, executionId, detail: `${title}: ${offender}` };
    }),
  );
}
