import { setTimeout as sleep } from 'node:timers/promises';
import type { Facts } from './check/facts.ts';
import { awaitQuiescence, heal } from './heal.ts';
import { createClient } from './load/client.ts';
import type { FailpointRota } from './nemesis/failpoint-rota.ts';
import { createNemesis } from './nemesis/nemesis.ts';
import type { Plan } from './plan/plan.ts';
import type { Pressure } from './profiles.ts';
import type { Rig } from './rig/rig.ts';

/** What is known of a run when everything has come to rest. */
export type Pressed = Pick<Facts, 'operations' | 'exchanges' | 'faults' | 'quiescence'>;

/** After the last fault, clients that got no answer try again for so long, in milliseconds. */
const lastTriesMs = 10_000;

/** Does what the plan says, then heals everything and waits until it is quiet. */
export async function press(
  rig: Rig,
  plan: Plan,
  rota: FailpointRota,
  { pressure, seed }: { pressure: Pressure; seed: number },
): Promise<Pressed> {
  const client = createClient(rig, pressure, seed);
  const nemesis = createNemesis(rig);
  const startedAt = Date.now();
  const loading = client.run(plan.operations, startedAt);
  await Promise.all([nemesis.run(plan.faults, startedAt), sleep(pressure.seconds * 1_000)]);

  rota.disarm();
  await heal(rig);
  const quieting = awaitQuiescence(rig, pressure.settleMs);
  await Promise.all(rig.processes.map(disarm));
  await Promise.race([loading, sleep(lastTriesMs)]);
  client.giveUp();
  await loading;
  const { afterMs } = await quieting;
  // The last tries may have brought something new.
  const quiescence = { ...(await awaitQuiescence(rig, pressure.settleMs / 2)), afterMs };
  await client.close();
  const { operations } = plan;
  return { operations, exchanges: client.exchanges, faults: nemesis.done, quiescence };
}

/** What is armed could still kill itself while nothing may go wrong any more. */
async function disarm(one: Rig['api']): Promise<void> {
  await one.ready();
  if (one.lives.at(-1)?.armed !== null) await one.restart();
  await one.ready();
}
