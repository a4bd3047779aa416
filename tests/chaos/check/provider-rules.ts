import type { AttemptFact, ExecutionFact, Facts, Rule } from './facts.ts';
import { costOf, parseUsd, roundToMicros, toUsd } from './money.ts';

/** Invariants between what the provider saw and what is stored. */
export const providerRules: Rule[] = [
  {
    id: 'I6',
    promise: 'costs are the tokens times the price, to the last digit, and their sum',
    check: (facts) => [...attemptCosts(facts), ...executionCosts(facts)],
  },
  {
    id: 'I7',
    promise: 'every call is an attempt in the ledger, called once, and there are no more than allowed',
    check: (facts) => [...strayCalls(facts), ...repeatedCalls(facts), ...excessAttempts(facts)],
  },
  {
    id: 'I8',
    promise: 'the stored output is that of the attempt that settled it',
    check: foreignOutputs,
  },
  {
    id: 'I22',
    promise: 'what was cancelled before it ran was never sent to the provider',
    check: ({ executions, calls }) => {
      const called = new Set(calls.map(({ idempotencyKey }) => executionOf(idempotencyKey)));
      return executions
        .filter(({ id, status, attempt }) => status === 'CANCELLED' && attempt === 0 && called.has(id))
        .map(({ id }) => ({ executionId: id, detail: 'never ran, and was sent to the provider' }));
    },
  },
];

function attemptCosts({ attempts }: Facts): ReturnType<Rule['check']> {
  return attempts.flatMap(({ executionId, attempt, inputTokens, outputTokens, costUsd }) => {
    if (costUsd === null || inputTokens === null || outputTokens === null) return [];
    const right = costOf(inputTokens, outputTokens);
    return parseUsd(costUsd) === right
      ? []
      : [{ executionId, detail: `attempt ${attempt} cost ${costUsd} instead of ${toUsd(right)}` }];
  });
}

function executionCosts({ executions, attempts }: Facts): ReturnType<Rule['check']> {
  const perExecution = Map.groupBy(attempts, ({ executionId }) => executionId);
  return executions.flatMap(({ id, status, costUsd, spentUsd }) => {
    const known = (perExecution.get(id) ?? []).flatMap((one) => one.costUsd ?? []);
    // A late result may still add its cost to the ledger, and no longer to the execution.
    const hasLateCost = (perExecution.get(id) ?? []).some(({ outcome }) => outcome === 'LOST');
    if (hasLateCost || status === 'PENDING' || status === 'RUNNING') return [];
    const sum = known.length === 0 ? null : known.reduce((total, cost) => total + parseUsd(cost), 0n);
    const problems: string[] = [];
    if (asSum(spentUsd) !== sum)
      problems.push(`spent ${spentUsd} instead of ${sum === null ? null : toUsd(sum)}`);
    if (asSum(costUsd) !== (sum === null ? null : roundToMicros(sum)))
      problems.push(`costs ${costUsd}, its attempts ${sum === null ? null : toUsd(sum)}`);
    return problems.map((detail) => ({ executionId: id, detail }));
  });
}

function asSum(usd: string | null): bigint | null {
  return usd === null ? null : parseUsd(usd);
}

function strayCalls({ calls, attempts, executions }: Facts): ReturnType<Rule['check']> {
  const ledger = new Set(attempts.map(({ executionId, attempt }) => `${executionId}-${attempt}`));
  const stored = new Set(executions.map(({ id }) => id));
  return calls
    .filter(({ idempotencyKey }) => !ledger.has(idempotencyKey ?? ''))
    .map(({ idempotencyKey }) => {
      const executionId = executionOf(idempotencyKey);
      const what = stored.has(executionId) ? 'attempt' : 'execution';
      return { executionId, detail: `call ${idempotencyKey} belongs to no ${what}` };
    });
}

function repeatedCalls({ calls }: Facts): ReturnType<Rule['check']> {
  return [...Map.groupBy(calls, ({ idempotencyKey }) => idempotencyKey)].flatMap(([key, same]) =>
    same.length > 1
      ? [{ executionId: executionOf(key), detail: `one attempt made ${same.length} calls (${key})` }]
      : [],
  );
}

/** Losing workers and stopping them costs the execution nothing; both are counted apart. */
function excessAttempts({ executions, attempts }: Facts): ReturnType<Rule['check']> {
  const perExecution = Map.groupBy(attempts, ({ executionId }) => executionId);
  return executions.flatMap(({ id, maxAttempts, crashAttempts }) => {
    const made = perExecution.get(id) ?? [];
    const released = made.filter(({ outcome }) => outcome === 'SHUTDOWN').length;
    const allowed = maxAttempts + crashAttempts + released;
    return made.length > allowed
      ? [{ executionId: id, detail: `${made.length} attempts where ${allowed} are allowed` }]
      : [];
  });
}

/** The simulator writes its answer's id into the output, and both it and the request's id come from one digest. */
export function foreignOutputs({
  executions,
  attempts,
}: Pick<Facts, 'executions' | 'attempts'>): ReturnType<Rule['check']> {
  const perToken = new Map(attempts.map((one) => [one.token, one]));
  return executions.flatMap((execution) => {
    if (execution.status !== 'COMPLETED') return [];
    const winner = perToken.get(execution.finishedToken ?? '');
    return answerOf(execution) === requestOf(winner)
      ? []
      : [{ executionId: execution.id, detail: `output of another attempt than ${winner?.attempt ?? 'any'}` }];
  });
}

function answerOf({ output }: ExecutionFact): string | undefined {
  return /chatcmpl-([0-9a-f]{29})/.exec(output ?? '')?.[1];
}

function requestOf(attempt: AttemptFact | undefined): string | undefined {
  return /^req_([0-9a-f]{29})/.exec(attempt?.providerRequestId ?? '')?.[1];
}

/** An idempotency key towards the provider is `<execution id>-<attempt>`. */
function executionOf(idempotencyKey: string | null): string {
  return (idempotencyKey ?? '').replace(/-\d+$/, '');
}
