import type { Body, Query } from '@formaops/client';
import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-codes.ts';
import { toJson } from '../output/clean-terminal.ts';
import { errorAsJson, explain } from '../output/explain.ts';
import { findPrompt } from './find-prompt.ts';
import { timeOf } from './metrics.ts';
import { toNumber } from './option-values.ts';
import { describeCost, describeExecution } from './show-execution.ts';
import { takeFirst } from './take-first.ts';

/** `list`, `show`, `cancel`, `rerun` and `redact`. */
export function addExecutionCommands(program: Command, act: Act): void {
  program
    .command('list')
    .description('list executions, newest first')
    .option(
      '--status <status>',
      'only these, with commas between: PENDING, RUNNING, COMPLETED, FAILED, CANCELLED',
    )
    .option('--prompt <prompt>', 'only of this prompt, by its id or whole name')
    .option('--since <time>', 'only created since then: 30m, 24h, 7d, or a time')
    .option('-n, --limit <count>', 'at most so many', toNumber, 20)
    .addHelpText(
      'after',
      examples('list --status FAILED,CANCELLED', 'list --prompt demo-prompt-code-reviewer -n 100'),
    )
    .action(act(list));
  program
    .command('show')
    .description('show an execution: status, verdicts, cost, output')
    .argument('<id>')
    .addHelpText('after', examples('show 019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b', 'show $ID --json'))
    .action(act(show));
  program
    .command('cancel')
    .description('cancel executions')
    .argument('<id...>')
    .addHelpText('after', examples('cancel 019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b'))
    .action(act(cancel));
  program
    .command('rerun')
    .description('run an execution again, with the inputs that it had')
    .argument('<id>')
    .option('--model <name>', 'with another model')
    .option('--current', 'with the current version of the prompt instead of the same')
    .addHelpText('after', examples('rerun $ID --current'))
    .action(act(rerun));
  program
    .command('redact')
    .description('remove what an execution was given and what came out, for good; its accounting stays')
    .argument('<id>')
    .addHelpText('after', examples('redact $ID'))
    .action(act(redact));
}

interface ListFlags {
  status?: string;
  prompt?: string;
  since?: string;
  limit: number;
}

async function list(context: Context, flags: ListFlags): Promise<undefined> {
  const client = await context.client();
  const query = {
    ...(flags.status !== undefined && { status: flags.status }),
    ...(flags.prompt !== undefined && { promptId: (await findPrompt(flags.prompt, context)).id }),
    ...(flags.since !== undefined && { createdFrom: timeOf(flags.since, new Date()) }),
  } as Query<'listExecutions'>;
  const data = await takeFirst(flags.limit, (page) =>
    client.request('listExecutions', { query: { ...query, ...page }, signal: context.signal }),
  );
  context.show(data, () =>
    context.table(
      ['Id', 'Status', 'Validation', 'Prompt', 'Version', 'Cost', 'Latency', 'Created'],
      data.map((one) => [
        one.id,
        one.status,
        one.validationStatus,
        one.prompt.name,
        one.promptVersion,
        describeCost(one),
        one.latencyMs === null ? null : `${one.latencyMs} ms`,
        one.createdAt,
      ]),
    ),
  );
  return undefined;
}

async function show(context: Context, id: string): Promise<undefined> {
  const client = await context.client();
  const execution = await client.request('getExecution', { path: { id }, signal: context.signal });
  context.show(execution, () => describeExecution(execution, context));
  return undefined;
}

/** Each for itself: one that has ended keeps nobody else from being cancelled. */
async function cancel(context: Context, ids: string[]): Promise<ExitCode> {
  const client = await context.client();
  let ended: ExitCode = exitCodes.ok;
  for (const id of ids) {
    try {
      const execution = await client.request('cancelExecution', { path: { id }, signal: context.signal });
      context.show(execution, () =>
        execution.status === 'CANCELLED' ? `${id} is cancelled` : `${id} is being stopped`,
      );
    } catch (error) {
      if (context.signal.aborted) throw error;
      ended = exitCodeOf(error);
      if (context.json) context.screen.print(toJson({ id, ...errorAsJson(error) }));
      context.screen.say(`${id}: ${explain(error)}`);
    }
  }
  return ended;
}

interface RerunFlags {
  model?: string;
  current?: boolean;
}

async function rerun(context: Context, id: string, { model, current }: RerunFlags): Promise<undefined> {
  const client = await context.client();
  const body: Body<'rerunExecution'> = {
    ...(model !== undefined && { model }),
    ...(current && { promptVersion: 'current' }),
  };
  const execution = await client.request('rerunExecution', { path: { id }, body, signal: context.signal });
  context.show(execution, () => execution.id);
  return undefined;
}

async function redact(context: Context, id: string): Promise<undefined> {
  const client = await context.client();
  const execution = await client.request('redactExecution', { path: { id }, signal: context.signal });
  context.show(execution, () => `${id} is redacted`);
  return undefined;
}
