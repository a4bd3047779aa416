import { z } from 'zod';
import { ApiError } from './api-error.ts';

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)
    .optional();
const flag = z
  .literal('')
  .transform(() => true)
  .optional();
const word = z
  .string()
  .regex(/^[\w.+-]{1,64}$/)
  .optional();

/** Every fault that can be asked for. The README explains each; a test compares the two lists. */
const faultSchema = z
  .strictObject({
    latency: whole(0, 3_600_000),
    hang: flag,
    status: whole(400, 599),
    'retry-after': word,
    code: word,
    html: flag,
    malformed: flag,
    empty: flag,
    stall: flag,
    cut: flag,
    truncate: flag,
    drip: whole(0, 3_600_000),
    chunks: whole(1, 100_000),
    huge: whole(1, 268_435_456),
    echo: flag,
    sign: flag,
    nul: flag,
    filter: flag,
    'wrong-usage': flag,
    'no-usage': flag,
    first: whole(0, 9_999),
  })
  .refine((faults) => faults.status !== undefined || (faults['retry-after'] ?? faults.code) === undefined, {
    message: 'retry-after and code need status',
  });

/** What shall go wrong with one answer. Times are milliseconds, `huge` is bytes. */
export type Faults = z.infer<typeof faultSchema>;

/** The names of all faults, in the order of the README. */
export const faultNames: readonly string[] = Object.keys(faultSchema.def.shape);

/**
 * Reads `name[=value][,name[=value]…]`; a name given twice counts as given last.
 * Ends with a 400 {@link ApiError} that names the fault and what is known.
 */
export function parseFaults(list: string): Faults {
  const items = list.split(',').filter((item) => item.trim() !== '');
  const entries = items.map((item) => {
    const [name = '', ...value] = item.split('=');
    return [name.trim(), value.join('=').trim()];
  });
  const parsed = faultSchema.safeParse(Object.fromEntries(entries));
  if (parsed.success) return parsed.data;
  throw new ApiError(400, explain(parsed.error.issues), { param: 'model', code: 'invalid_fault' });
}

function explain(issues: readonly z.core.$ZodIssue[]): string {
  const problems = issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') return `unknown fault: ${issue.keys.join(', ')}`;
    return issue.path.length === 0 ? issue.message : `no such value for fault ${issue.path.join('.')}`;
  });
  return `The simulator was asked for a fault it does not have (${problems.join('; ')}). Known faults: ${faultNames.join(', ')}.`;
}

/**
 * Splits `<base-model>:<faults>` at its last colon. A base name that contains colons itself can be given with a
 * colon at its end.
 */
export function splitModel(model: string): { base: string; faultList: string } {
  const colon = model.lastIndexOf(':');
  if (colon === -1) return { base: model, faultList: '' };
  return { base: model.slice(0, colon), faultList: model.slice(colon + 1) };
}

/**
 * The attempt number at the end of an `Idempotency-Key` of the form `<execution id>-<attempt>`, 1 without one.
 * It has at most four digits, so that the last group of a UUID is not taken for one.
 */
export function attemptOf(idempotencyKey: string | null): number {
  return Number(/-(\d{1,4})$/.exec(idempotencyKey ?? '')?.[1] ?? 1);
}

/** The faults that hold for this attempt: once `first` attempts are over, only what keeps nobody from an answer. */
export function faultsAt(attempt: number, faults: Faults): Faults {
  const { first = Number.POSITIVE_INFINITY, echo, sign } = faults;
  return attempt > first ? { echo, sign } : faults;
}
