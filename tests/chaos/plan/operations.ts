import type { Priority } from '@formaops/core';
import type { Pressure } from '../profiles.ts';
import { between, logNormal, nextGap, type Random, weighted } from './random.ts';

export const tenantCount = 4;

/** Which validations the prompt has. */
export const promptKinds = ['plain', 'schema', 'regex', 'function'] as const;
export type PromptKind = (typeof promptKinds)[number];

/** What is wrong with a request that has to be refused. */
export const flaws = [
  'notJson',
  'noInput',
  'wrongInputType',
  'unknownField',
  'foreignPrompt',
  'unknownPriority',
  'timeoutOfZero',
] as const;
export type Flaw = (typeof flaws)[number];

/** `resend`: once more when it was answered; `parallel`: twice at the same time; `key`: repeated while unanswered. */
export type Idempotency = 'none' | 'key' | 'resend' | 'parallel';

export interface Submission {
  kind: 'submit';
  /** Names the operation in the plan, in the prompt, and in the execution's context. */
  ordinal: number;
  /** From the start of the run, in milliseconds. */
  atMs: number;
  tenant: number;
  prompt: PromptKind;
  priority: Priority;
  /** What the provider does, in the words of the model simulator. */
  faults: string;
  idempotency: Idempotency;
  /** After it was accepted, in milliseconds; null: never. */
  cancelAfterMs: number | null;
}

export interface BadRequest {
  kind: 'bad';
  ordinal: number;
  atMs: number;
  tenant: number;
  flaw: Flaw;
}

export type Operation = Submission | BadRequest;

/** What of a run's pressure shapes its requests. */
export type LoadShape = Pick<Pressure, 'seconds' | 'rate' | 'latencyMs' | 'cancelShare' | 'cancelWithinMs'>;

/** Everything that clients will do, drawn before the start. Arrivals do not wait for answers, so that stalls do not hide. */
export function planOperations(random: Random, shape: LoadShape): Operation[] {
  const { seconds, rate } = shape;
  const operations: Operation[] = [];
  let atMs = nextGap(random, 1_000 / rate);
  for (let ordinal = 1; atMs < seconds * 1_000; ordinal += 1) {
    operations.push(planOperation(random, ordinal, Math.round(atMs), shape));
    atMs += nextGap(random, 1_000 / rate);
  }
  return operations;
}

function planOperation(random: Random, ordinal: number, atMs: number, shape: LoadShape): Operation {
  const { cancelShare, cancelWithinMs } = shape;
  // The first tenant is the noisy one.
  const tenant = random() < 0.6 ? 0 : 1 + Math.floor(random() * (tenantCount - 1));
  if (random() < 0.02) {
    const flaw = weighted(
      random,
      flaws.map((one) => [one, 1] as const),
    );
    return { kind: 'bad', ordinal, atMs, tenant, flaw };
  }
  return {
    kind: 'submit',
    ordinal,
    atMs,
    tenant,
    prompt: weighted(random, [
      ['plain', 65],
      ['schema', 20],
      ['regex', 10],
      ['function', 5],
    ] as const),
    priority: weighted(random, [
      ['LOW', 20],
      ['NORMAL', 50],
      ['HIGH', 20],
      ['CRITICAL', 10],
    ] as const),
    faults: planProvider(random, shape),
    idempotency: weighted(random, [
      ['none', 60],
      ['key', 30],
      ['resend', 8],
      ['parallel', 2],
    ] as const),
    cancelAfterMs: random() < cancelShare ? Math.round(between(random, 0, cancelWithinMs) * random()) : null,
  };
}

/** `echo,sign`: the answer is the prompt, with the answer's own id in it. */
function planProvider(random: Random, { latencyMs }: LoadShape): string {
  const latency = Math.min(5_000, Math.round(logNormal(random, latencyMs)));
  const fault = random() < 0.15 ? `${planFault(random)},` : '';
  return `${fault}latency=${latency},echo,sign`;
}

function planFault(random: Random): string {
  return weighted(random, [
    ['status=500,first=1', 4],
    ['status=429,retry-after=1,first=1', 3],
    ['status=503,first=2', 1],
    ['status=500', 1],
    ['status=400', 1],
    ['cut,first=1', 2],
    ['truncate,first=1', 1],
    ['malformed,first=1', 1],
    ['hang,first=1', 0.5],
    ['drip=20', 0.5],
  ] as const);
}
