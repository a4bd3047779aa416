import { parseArgs } from 'node:util';
import { type ProfileName, profileNames } from './profiles.ts';

export type Backend = 'postgres' | 'redis';

export interface ChaosOptions {
  profile: ProfileName;
  backends: Backend[];
  seed: number;
  /** Undefined: what the profile says. */
  minutes: number | undefined;
  /** Submissions a second; undefined: what the profile says. */
  rate: number | undefined;
  /** How often `enqueue-kills` kills the API. */
  kills: number;
  /** Says so and goes on where no Redis can be had, instead of failing. */
  skipWithoutRedis: boolean;
}

export const usage = `npm run chaos -- [--profile ${profileNames.join('|')}]
                 [--backend redis|postgres|both] [--seed N] [--minutes M] [--rate R] [--kills N]`;

/** @throws Error in plain words, with the usage. */
export function readOptions(args: string[], newSeed: () => number): ChaosOptions {
  const { values } = parse(args);
  return {
    profile: oneOf(profileNames, 'profile', values.profile),
    backends: backendsOf(values.backend),
    seed: wholeOf('seed', values.seed) ?? newSeed(),
    minutes: numberOf('minutes', values.minutes),
    rate: numberOf('rate', values.rate),
    kills: wholeOf('kills', values.kills) ?? 1_000,
    skipWithoutRedis: values['skip-without-redis'],
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        profile: { type: 'string', default: 'smoke' },
        backend: { type: 'string', default: 'both' },
        seed: { type: 'string' },
        minutes: { type: 'string' },
        rate: { type: 'string' },
        kills: { type: 'string' },
        'skip-without-redis': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

function backendsOf(value: string): Backend[] {
  const chosen = oneOf(['redis', 'postgres', 'both'] as const, 'backend', value);
  return chosen === 'both' ? ['redis', 'postgres'] : [chosen];
}

function oneOf<T extends string>(known: readonly T[], name: string, value: string): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new Error(`--${name} must be one of ${known.join(', ')}\n${usage}`);
  return found;
}

function wholeOf(name: string, value: string | undefined): number | undefined {
  const number = numberOf(name, value);
  if (number !== undefined && !Number.isInteger(number))
    throw new Error(`--${name} must be a whole number\n${usage}`);
  return number;
}

function numberOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0 || value.trim() === '')
    throw new Error(`--${name} must be a number above 0\n${usage}`);
  return number;
}
