import { FormaError } from '@formaops/core';
import { areFactsComplete } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';

/** Figures without earlier executions would be wrong. Ends with `METRICS_PREPARING` while workers count these. */
export async function requireFacts({ db }: Pick<ApiDeps, 'db'>): Promise<void> {
  if (!(await areFactsComplete(db))) throw new FormaError('METRICS_PREPARING', { retryAfterMs: 30_000 });
}
