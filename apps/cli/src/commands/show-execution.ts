import type { Schemas } from '@formaops/client';
import type { Context } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { cleanTerminal } from '../output/clean-terminal.ts';

type Details = Schemas['ExecutionDetails'];

/** An execution for people: how it stands, what it cost, what was said of it, and what came out. */
export function describeExecution(execution: Details, context: Context): string {
  const { tokenUsage: tokens, error, verdicts, output } = execution;
  const parts = [
    context.facts([
      ['Execution', execution.id],
      ['Status', `${execution.status}, validation ${execution.validationStatus}`],
      ['Prompt', `${execution.promptId}, version ${execution.promptVersion}`],
      ['Model', execution.model],
      ['Attempt', `${execution.attempt} (at most ${execution.maxAttempts} charged)`],
      ['Tokens', tokens && `${tokens.input} in, ${tokens.output} out`],
      ['Cost', describeCost(execution)],
      ['Latency', execution.latencyMs === null ? null : `${execution.latencyMs} ms`],
      ['Created', execution.createdAt],
      ['Completed', execution.completedAt],
      ...(error ? [['Error', `${error.code}: ${error.message}`] as const] : []),
    ]),
  ];
  if (verdicts.length > 0) parts.push(describeVerdicts(verdicts, context));
  if (output !== null) parts.push(cleanTerminal(output));
  return parts.join('\n\n');
}

export function describeCost({
  costUsd,
  costIsComplete,
}: Pick<Details, 'costUsd' | 'costIsComplete'>): string {
  if (costUsd === null) return 'not known';
  return `${costUsd} USD${costIsComplete ? '' : ', not all of it known'}`;
}

function describeVerdicts(verdicts: Details['verdicts'], context: Context): string {
  return context.table(
    ['Validation', 'Type', 'Verdict', 'Code'],
    verdicts.map(({ validationName, type, outcome, code }) => [validationName, type, outcome, code]),
  );
}

/** Whoever waits for an execution is told by the exit code whether something came out that can be used. */
export function exitCodeFor({
  status,
  validationStatus,
}: Pick<Details, 'status' | 'validationStatus'>): ExitCode {
  const isGood = status === 'COMPLETED' && validationStatus !== 'FAILED';
  return isGood ? exitCodes.ok : exitCodes.failed;
}
