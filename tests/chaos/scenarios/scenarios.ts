import type { ProfileName } from '../profiles.ts';
import { cancelScenario } from './cancel.ts';
import { enqueueKills } from './enqueue-kills.ts';
import { postgresOutage } from './postgres-outage.ts';
import { queueLoss } from './queue-loss.ts';
import { recovery } from './recovery.ts';
import type { Scenario } from './scenario.ts';
import { zombie } from './zombie.ts';

/** Profiles that try one promise and print what they measured. */
export const scenarios: Partial<Record<ProfileName, Scenario>> = {
  'queue-loss': queueLoss,
  'postgres-outage': postgresOutage,
  zombie,
  cancel: cancelScenario,
  recovery,
  'enqueue-kills': enqueueKills,
};
