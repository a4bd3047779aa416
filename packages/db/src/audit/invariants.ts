import { attempts } from './attempts.ts';
import type { Invariant } from './invariant.ts';
import { leases } from './leases.ts';
import { liveness } from './liveness.ts';
import { logs } from './logs.ts';
import { metrics } from './metrics.ts';
import { money } from './money.ts';
import { owners } from './owners.ts';
import { statuses } from './statuses.ts';
import { verdicts } from './verdicts.ts';
import { webhooks } from './webhooks.ts';

/** All that can be checked without knowing what clients were told and what the provider saw. By id. */
export const invariants: readonly Invariant[] = [
  ...liveness,
  ...statuses,
  ...money,
  ...attempts,
  ...owners,
  ...leases,
  ...verdicts,
  ...logs,
  ...webhooks,
  ...metrics,
].toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
