import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runAudit } from '@formaops/db';
import { toViolations } from './check/audit.ts';
import { check } from './check/check.ts';
import { collectAttempts, collectExecutions, collectLeaks, collectSightings } from './check/collect.ts';
import type { Facts, Violation } from './check/facts.ts';
import { findLeaks } from './check/leak-rules.ts';
import { scanLogs } from './check/scan-logs.ts';
import { awaitQuiescence, heal } from './heal.ts';
import { canaryOf, createClient } from './load/client.ts';
import { metricsOf } from './metrics.ts';
import { createFailpointRota, missingFailpoints } from './nemesis/failpoint-rota.ts';
import { createNemesis } from './nemesis/nemesis.ts';
import type { Backend } from './options.ts';
import { makePlan, planLines } from './plan/plan.ts';
import type { Pressure } from './profiles.ts';
import { accountLine, describeViolations } from './report.ts';
import { isAlive } from './rig/process-table.ts';
import { type Rig, repositoryRoot, startRig } from './rig/rig.ts';
import type { Life } from './rig/supervise.ts';
import { type Sampler, startSampler } from './sampler.ts';

export interface RunOptions {
  name: string;
  /** Names the folder of the run, beside seed and backend. */
  label?: string;
  seed: number;
  backend: Backend;
  pressure: Pressure;
  /** Whose sources run; this repository unless set. */
  root?: string;
  log(line: string): void;
}

export interface RunResult {
  verdict: 'PASS' | 'FAIL' | 'INVALID';
  violations: Violation[];
}

/** After the last fault, clients that got no answer try again for so long, in milliseconds. */
const lastTriesMs = 10_000;

/** One run: plan, press, heal, check. */
export async function runChaos(options: RunOptions): Promise<RunResult> {
  const { seed, backend, pressure, log } = options;
  const dir = join(
    repositoryRoot,
    '.formaops/chaos',
    [options.label, seed, backend].filter(Boolean).join('-'),
  );
  const plan = makePlan(seed, pressure, backend);
  log(
    `chaos: ${options.name} seed=${seed} backend=${backend}: ${plan.operations.length} requests, ${plan.faults.length} faults`,
  );
  let rig: Rig | undefined;
  const lives = (): Life[] => rig?.processes.flatMap((one) => one.lives) ?? [];
  const rota = createFailpointRota(lives);
  rig = await startRig({
    backend,
    dir,
    workers: 2,
    ...(options.root !== undefined && { root: options.root }),
    ...(pressure.failpoints && { arm: rota.arm }),
  });
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'plan.jsonl'), planLines(plan));
    return await pressAndCheck(rig, plan, rota, options);
  } finally {
    await rig.close();
    for (const data of ['postgres', 'redis']) await rm(join(dir, data), { recursive: true, force: true });
  }
}

async function pressAndCheck(
  rig: Rig,
  plan: ReturnType<typeof makePlan>,
  rota: ReturnType<typeof createFailpointRota>,
  options: RunOptions,
): Promise<RunResult> {
  const { seed, backend, pressure, log } = options;
  const client = createClient(rig, pressure, seed);
  const nemesis = createNemesis(rig);
  await Promise.all(rig.processes.map((one) => one.ready()));
  const sampler = startSampler(rig);

  const startedAt = Date.now();
  const loading = client.run(plan.operations, startedAt);
  await Promise.all([nemesis.run(plan.faults, startedAt), sleep(pressure.seconds * 1_000)]);
  rota.disarm();
  await heal(rig);
  const quieting = awaitQuiescence(rig, pressure.settleMs);
  await Promise.all(rig.processes.map(disarmed));
  await Promise.race([loading, sleep(lastTriesMs)]);
  client.giveUp();
  await loading;
  const { afterMs } = await quieting;
  // The last tries may have brought something new.
  const quiescence = { ...(await awaitQuiescence(rig, pressure.settleMs / 2)), afterMs };
  log(
    `chaos: ${afterMs === null ? `not quiescent after ${pressure.settleMs}` : `quiescent after ${afterMs}`} ms`,
  );
  const facts = await collectFacts(rig, sampler, {
    operations: plan.operations,
    exchanges: client.exchanges,
    faults: nemesis.done,
    quiescence,
    seed,
  });
  await client.close();
  const metrics = metricsOf(facts, sampler, { seed, backend, seconds: pressure.seconds });
  const audit = await runAudit(rig.db, { graceMs: pressure.settleMs });
  const violations = [...check(facts), ...toViolations(audit), ...findLeaks(sampler.samples)];
  log(`chaos: ${accountLine(facts)}`);
  log(
    `chaos: provider calls per execution ${metrics.calls_per_execution}, wasted ${metrics.wasted_cost_usd} USD`,
  );
  log(JSON.stringify(metrics));
  for (const name of ['fenced_writes', 'rescued', 'rung_again'] as const)
    if (pressure.faults !== 'none' && metrics[name] === 0)
      log(`chaos: warning: ${name} is 0, so this run did not try what guards against it`);
  if (violations.length > 0) log(await describeViolations(violations, facts, rig));
  const missing = pressure.failpoints ? missingFailpoints(facts.lives) : [];
  const verdict = violations.length > 0 ? 'FAIL' : missing.length > 0 ? 'INVALID' : 'PASS';
  if (missing.length > 0) log(`chaos: these failpoints never fired: ${missing.join(', ')}`);
  log(`chaos: ${verdict} seed=${seed} backend=${backend}`);
  return { verdict, violations };
}

/** What is armed could still kill itself while nothing may go wrong any more. */
async function disarmed(one: Rig['api']): Promise<void> {
  await one.ready();
  if (one.lives.at(-1)?.armed !== null) await one.restart();
  await one.ready();
}

type Known = Pick<Facts, 'operations' | 'exchanges' | 'faults' | 'quiescence'> & { seed: number };

async function collectFacts(rig: Rig, sampler: Sampler, { seed, ...known }: Known): Promise<Facts> {
  const secrets = [canaryOf(seed), ...rig.tenants.map(({ apiKey }) => apiKey)];
  const executions = await collectExecutions(rig.db);
  const sightings = await collectSightings(rig, executions);
  const leaks = await collectLeaks(rig, secrets);
  sampler.stop();
  await Promise.all(rig.processes.map((one) => one.stop()));
  return {
    ...known,
    // Once more: nothing may have changed since everything had ended.
    executions: await collectExecutions(rig.db),
    attempts: await collectAttempts(rig.db),
    calls: rig.simulator.calls(),
    lives: rig.processes.flatMap((one) => one.lives),
    sightings,
    leaks,
    logs: await scanLogs(rig.logFiles, secrets),
    survivors: sampler.descendants.filter(isAlive),
    tenants: rig.tenants.map(({ userId }) => userId),
  };
}
