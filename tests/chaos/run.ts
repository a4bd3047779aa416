import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runAudit } from '@formaops/db';
import { toViolations } from './check/audit.ts';
import { check } from './check/check.ts';
import { collectAttempts, collectExecutions, collectLeaks, collectSightings } from './check/collect.ts';
import type { Facts, Violation } from './check/facts.ts';
import { findLeaks } from './check/leak-rules.ts';
import { scanLogs } from './check/scan-logs.ts';
import { canaryOf } from './load/client.ts';
import { metricsOf } from './metrics.ts';
import { createFailpointRota, type FailpointRota, missingFailpoints } from './nemesis/failpoint-rota.ts';
import type { Backend } from './options.ts';
import { makePlan, type Plan, planLines } from './plan/plan.ts';
import { type Pressed, press } from './press.ts';
import type { Pressure } from './profiles.ts';
import { accountLine, describeViolations } from './report.ts';
import { isAlive } from './rig/process-table.ts';
import { repositoryRoot } from './rig/repository-root.ts';
import { type Rig, startRig } from './rig/rig.ts';
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
  /** `INVALID`: nothing is wrong, but not everything was tried. */
  verdict: 'PASS' | 'FAIL' | 'INVALID';
  violations: Violation[];
}

/** One run: plan, press, heal, check, tell. */
export async function runChaos(options: RunOptions): Promise<RunResult> {
  const { name, label, seed, backend, pressure, root, log } = options;
  const dir = join(repositoryRoot, '.formaops/chaos', [label, seed, backend].filter(Boolean).join('-'));
  const plan = makePlan(seed, pressure, backend);
  const { operations, faults } = plan;
  log(
    `chaos: ${name} seed=${seed} backend=${backend}: ${operations.length} requests, ${faults.length} faults`,
  );
  let rig: Rig | undefined;
  const lives = (): Life[] => rig?.processes.flatMap((one) => one.lives) ?? [];
  const rota = createFailpointRota(lives);
  rig = await startRig({
    backend,
    dir,
    workers: 2,
    ...(root !== undefined && { root }),
    ...(pressure.failpoints && { arm: rota.arm }),
  });
  try {
    await writeFile(join(dir, 'plan.jsonl'), planLines(plan));
    return await runOn(rig, plan, rota, options);
  } finally {
    await rig.close();
    for (const data of ['postgres', 'redis']) await rm(join(dir, data), { recursive: true, force: true });
  }
}

async function runOn(
  rig: Rig,
  plan: Plan,
  rota: FailpointRota,
  { seed, backend, pressure, log }: RunOptions,
): Promise<RunResult> {
  await Promise.all(rig.processes.map((one) => one.ready()));
  const sampler = startSampler(rig);
  const pressed = await press(rig, plan, rota, { pressure, seed });
  const facts = await collectFacts(rig, sampler, pressed, seed);
  const audit = await runAudit(rig.db, { graceMs: pressure.settleMs });
  const violations = [...check(facts), ...toViolations(audit), ...findLeaks(sampler.samples)];

  tellMeasures(facts, sampler, { seed, backend, pressure, log });
  if (violations.length > 0) log(await describeViolations(violations, facts, rig));
  const missing = pressure.failpoints ? missingFailpoints(facts.lives) : [];
  if (missing.length > 0) log(`chaos: these failpoints never fired: ${missing.join(', ')}`);
  const verdict = violations.length > 0 ? 'FAIL' : missing.length > 0 ? 'INVALID' : 'PASS';
  log(`chaos: ${verdict} seed=${seed} backend=${backend}`);
  return { verdict, violations };
}

function tellMeasures(
  facts: Facts,
  sampler: Sampler,
  { seed, backend, pressure, log }: Pick<RunOptions, 'seed' | 'backend' | 'pressure' | 'log'>,
): void {
  const { afterMs } = facts.quiescence;
  const metrics = metricsOf(facts, sampler, { seed, backend, seconds: pressure.seconds });
  const rest = afterMs === null ? `not quiescent after ${pressure.settleMs}` : `quiescent after ${afterMs}`;
  log(`chaos: ${rest} ms`);
  log(`chaos: ${accountLine(facts)}`);
  log(
    `chaos: provider calls per execution ${metrics.calls_per_execution}, wasted ${metrics.wasted_cost_usd} USD`,
  );
  log(JSON.stringify(metrics));
  if (pressure.faults === 'none') return;
  for (const name of ['fenced_writes', 'rescued', 'rung_again'] as const)
    if (metrics[name] === 0)
      log(`chaos: warning: ${name} is 0, so this run did not try what guards against it`);
}

async function collectFacts(rig: Rig, sampler: Sampler, pressed: Pressed, seed: number): Promise<Facts> {
  const secrets = [canaryOf(seed), ...rig.tenants.map(({ apiKey }) => apiKey)];
  const sightings = await collectSightings(rig, await collectExecutions(rig.db));
  const leaks = await collectLeaks(rig, secrets);
  sampler.stop();
  await Promise.all(rig.processes.map((one) => one.stop()));
  return {
    ...pressed,
    // Only now: nothing may change any more after everything had ended.
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
