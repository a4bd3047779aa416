import type { Schemas } from '@formaops/client';
import { catalogue, isErrorCode } from '@formaops/core';
import type { Context } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { cleanLine, cleanTerminal } from '../output/clean-terminal.ts';
import { describeReasons } from '../output/describe-reasons.ts';

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
      ...(execution.runAt ? [['Not before', execution.runAt] as const] : []),
      ['Completed', execution.completedAt],
      ...(execution.redactedAt ? [['Redacted', execution.redactedAt] as const] : []),
      ...(error ? describeError(error) : []),
    ]),
  ];
  if (verdicts.length > 0) parts.push(describeVerdicts(verdicts, context));
  const failures = describeFailures(verdicts);
  if (failures.length > 0) parts.push(failures.join('\n'));
  if (output !== null) parts.push(cleanTerminal(output));
  return parts.join('\n\n');
}

function describeError({ code, message }: NonNullable<Details['error']>): Array<readonly [string, string]> {
  const what = ['Error', `${code}: ${message}`] as const;
  return isErrorCode(code) ? [what, ['What to do', catalogue[code].advice]] : [what];
}

export function describeCost({
  costUsd,
  costIsComplete,
}: Pick<Details, 'costUsd' | 'costIsComplete'>): string {
  // Complete, and nothing: no attempt has cost anything yet.
  if (costUsd === null) return costIsComplete ? '–' : 'not known';
  return `${costUsd} USD${costIsComplete ? '' : ', not all of it known'}`;
}

function describeVerdicts(verdicts: Details['verdicts'], context: Context): string {
  return context.table(
    ['Validation', 'Type', 'Verdict', 'Code'],
    verdicts.map(({ validationName, type, outcome, code }) => [validationName, type, outcome, code]),
  );
}

/** Which validations did not pass, and why; a line for each reason. */
export function describeFailures(verdicts: Details['verdicts']): string[] {
  return verdicts.flatMap(({ validationName, outcome, code, errors }) =>
    outcome === 'PASSED'
      ? []
      : describeReasons(code, errors).map((reason) => cleanLine(`${validationName}: ${reason}`)),
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
