import { join } from 'node:path';
import { ensureRedisServer } from '@formaops/local-services';
import { mutationOf } from './mutation/mutation.ts';
import { type Backend, type ChaosOptions, readOptions } from './options.ts';
import { type Pressure, type ProfileName, pressures } from './profiles.ts';
import { repositoryRoot } from './rig/repository-root.ts';
import { runChaos } from './run.ts';
import type { Scenario, ScenarioContext } from './scenarios/scenario.ts';
import { scenarios } from './scenarios/scenarios.ts';

const log = (line: string) => console.log(line);

/** @returns whether everything held, on every backend. */
async function main(options: ChaosOptions): Promise<boolean> {
  let held = true;
  for (const backend of options.backends) held = (await runOn(backend, options)) && held;
  return held;
}

async function runOn(backend: Backend, options: ChaosOptions): Promise<boolean> {
  if (backend === 'redis' && options.skipWithoutRedis && !(await canHaveRedis())) return true;
  const { profile, seed, kills } = options;
  const scenario = profile === 'mutation' ? mutationOf(pressureOf(options)) : scenarios[profile];
  if (scenario !== undefined) return runScenario(profile, scenario, { backend, seed, kills, log });
  const pressure = pressureOf(options);
  return (await runChaos({ name: profile, seed, backend, pressure, log })).verdict === 'PASS';
}

/** @throws Error in CI, where half a suite must not pass for a whole one. */
async function canHaveRedis(): Promise<boolean> {
  try {
    await ensureRedisServer({ cacheDir: join(repositoryRoot, '.formaops/cache') });
    return true;
  } catch (error) {
    if (process.env['CI']) throw error;
    log(
      `NOT RUN: chaos with Redis, because none can be had here. ${error instanceof Error ? error.message : ''}`,
    );
    return false;
  }
}

async function runScenario(name: string, scenario: Scenario, context: ScenarioContext): Promise<boolean> {
  const { backend, seed } = context;
  const { measured, problems } = await scenario(context);
  log(JSON.stringify({ profile: name, backend, seed, ...measured }));
  for (const problem of problems) log(`${name}: ${problem}`);
  log(`chaos: ${problems.length === 0 ? 'PASS' : 'FAIL'} ${name} seed=${seed} backend=${backend}`);
  return problems.length === 0;
}

function pressureOf({ profile, minutes, rate }: ChaosOptions): Pressure {
  if (!isPressure(profile)) throw new Error(`there is no profile ${profile}`);
  const pressure: Pressure = { ...pressures[profile] };
  if (minutes !== undefined) pressure.seconds = minutes * 60;
  if (rate !== undefined) pressure.rate = rate;
  return pressure;
}

function isPressure(profile: ProfileName): profile is keyof typeof pressures {
  return profile in pressures;
}

// Ending in order is what lets nothing that we started outlive us.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    log(`chaos: ended by ${signal} before the run was over`);
    process.exit(1);
  });
try {
  const options = readOptions(process.argv.slice(2), () => Math.floor(Math.random() * 2 ** 31));
  process.exitCode = (await main(options)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
