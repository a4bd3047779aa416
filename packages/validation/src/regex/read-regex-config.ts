import type { ReadConfig } from '../kind.ts';
import { findProblems } from '../read-members.ts';

const maxPatternChars = 1_000;

/** What to look for in an output. */
export interface RegexConfig {
  /** In the dialect of ECMA-262, as its engine has it; searched for, not matched in full. */
  pattern: string;
  /** Some of d, i, m, s, u, v; u and v not together. */
  flags: string;
  /** Whether the output has to hold a match, or none. */
  mustMatch: boolean;
}

const rules = {
  pattern: (value: unknown) => (typeof value === 'string' ? undefined : 'a string'),
  flags: (value: unknown) =>
    value === undefined || (typeof value === 'string' && areFlags(value))
      ? undefined
      : 'some of the flags d, i, m, s, u and v, each once, and not u and v together',
  mustMatch: (value: unknown) =>
    value === undefined || typeof value === 'boolean' ? undefined : 'true or false',
};

/** Checks the shape; whether the pattern is one is found out in the sandbox. */
export function readRegexConfig(config: unknown): ReadConfig<RegexConfig> {
  const problems = findProblems(config, rules);
  if (problems.length > 0) return { code: 'REGEX_INVALID', problems };
  // The rules have just said so.
  const {
    pattern,
    flags = '',
    mustMatch = true,
  } = config as Pick<RegexConfig, 'pattern'> & Partial<RegexConfig>;
  if (pattern.length > maxPatternChars) return { code: 'REGEX_TOO_LONG', problems: [tooLong] };
  return { config: { pattern, flags, mustMatch } };
}

const tooLong = { pointer: '/pattern', message: `must have at most ${maxPatternChars} characters` };

function areFlags(flags: string): boolean {
  const isOnce = new Set(flags).size === flags.length;
  return isOnce && /^[dimsuv]*$/.test(flags) && !(flags.includes('u') && flags.includes('v'));
}
