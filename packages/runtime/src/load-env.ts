import { z } from 'zod';

type Environment = Record<string, string | undefined>;

/**
 * Parses a process's environment before anything connects. An empty variable counts as one that is not set.
 *
 * @returns the parsed, frozen configuration; with problems it prints all of them to stderr — names and expectations,
 *   never values — and ends the process with exit code 78 (`EX_CONFIG` of sysexits.h).
 */
export function loadEnv<S extends z.ZodObject>(schema: S, environment: Environment): Readonly<z.infer<S>> {
  const result = parseEnv(schema, environment);
  if (result.ok) return result.env;
  process.stderr.write(`The configuration has problems:\n${result.problems.join('\n')}\n`);
  process.exit(78);
}

/** As {@link loadEnv}, but gives the problems back, one line each. */
export function parseEnv<S extends z.ZodObject>(
  schema: S,
  environment: Environment,
): { ok: true; env: Readonly<z.infer<S>> } | { ok: false; problems: string[] } {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return { ok: true, env: Object.freeze(parsed.data) };
  return { ok: false, problems: parsed.error.issues.map(describe) };
}

/** Zod's messages tell what was expected; what was given stays out, for it may be a secret. */
function describe(issue: z.core.$ZodIssue): string {
  return `  ${issue.path.join('.')}: ${issue.message}`;
}

/** A whole number in a range, both ends included. */
export function integer({ min, max }: { min: number; max: number }) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

/** `true` or `false`. */
export function flag(defaultValue: boolean) {
  return z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default(defaultValue ? 'true' : 'false')
    .transform((value) => value === 'true');
}

/** A comma-separated list; blanks around the entries do not count. */
export function list(defaultValue: string) {
  return z
    .string()
    .default(defaultValue)
    .transform((text) =>
      text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    );
}
