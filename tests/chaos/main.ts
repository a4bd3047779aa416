import { type ChaosOptions, readOptions } from './options.ts';
import { pressures } from './profiles.ts';
import { runChaos } from './run.ts';

const log = (line: string) => console.log(line);

/** @returns whether everything held. */
async function main(options: ChaosOptions): Promise<boolean> {
  const { profile, seed, backends, minutes, rate } = options;
  if (!(profile in pressures)) throw new Error(`profile ${profile} is not there yet`);
  const shape = pressures[profile as keyof typeof pressures];
  const pressure = {
    ...shape,
    ...(minutes !== undefined && { seconds: minutes * 60 }),
    ...(rate !== undefined && { rate }),
  };
  let held = true;
  for (const backend of backends) {
    const { verdict } = await runChaos({ name: profile, seed, backend, pressure, log });
    held &&= verdict === 'PASS';
  }
  return held;
}

try {
  const options = readOptions(process.argv.slice(2), () => Math.floor(Math.random() * 2 ** 31));
  process.exitCode = (await main(options)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
