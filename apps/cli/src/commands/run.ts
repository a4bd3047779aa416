import { type Command, Option } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { CliError, type ExitCode } from '../exit-codes.ts';
import { findPrompt } from './find-prompt.ts';
import { follow } from './follow.ts';
import { asObject, type InputFlags, readInputs } from './inputs.ts';
import { collect, toNumber } from './option-values.ts';
import { describeExecution, exitCodeFor } from './show-execution.ts';

interface RunFlags extends InputFlags {
  context?: string;
  model?: string;
  parameters?: string;
  responseFormat?: 'text' | 'json_object';
  priority?: 'LOW' | 'NORMAL' | 'HIGH' | 'CRITICAL';
  promptVersion?: number;
  runAt?: string;
  follow?: boolean;
  wait: boolean;
}

export function addRunCommand(program: Command, act: Act): void {
  program
    .command('run')
    .description('run a prompt, and wait for the result')
    .argument('<prompt>', 'id or whole name of a prompt')
    .option('-i, --input <name=value>', 'a value; @file is what the file holds (repeatable)', collect)
    .option('--inputs <file>', 'a JSON object with values; - is standard input')
    .option('--context <file>', 'a JSON document that only FUNCTION validations see')
    .option('--model <name>', 'another model than the standard one')
    .option('--parameters <file>', 'a JSON object for the model: temperature, maxTokens, responseFormat, …')
    .addOption(
      new Option('--response-format <format>', 'how the model is asked to answer').choices([
        'text',
        'json_object',
      ]),
    )
    .addOption(
      new Option('--priority <level>', 'who waits less').choices(['LOW', 'NORMAL', 'HIGH', 'CRITICAL']),
    )
    .option('--prompt-version <number>', 'a version of the prompt; the current one otherwise', toNumber)
    .option('--run-at <time>', 'not before, such as 2026-12-24T18:00:00Z')
    .option('-f, --follow', 'show what happens, and the output as it is written')
    .option('--no-wait', 'do not wait: print the id')
    .addHelpText(
      'after',
      examples(
        "run 'AI Code Reviewer' -i language=go -i code=@main.go",
        'run demo-prompt-code-reviewer --inputs inputs.json --follow',
        'run demo-prompt-code-reviewer --inputs - --no-wait < inputs.json',
      ),
    )
    .action(act(run));
}

async function run(context: Context, promptName: string, flags: RunFlags): Promise<ExitCode | undefined> {
  if (flags.follow && !flags.wait) throw new CliError('--follow and --no-wait exclude each other');
  const client = await context.client();
  const prompt = await findPrompt(promptName, context);
  const body = {
    promptId: prompt.id,
    inputs: await readInputs(flags, prompt.variables, context),
    ...(flags.context !== undefined && { context: await context.readJson(flags.context) }),
    ...(flags.model !== undefined && { model: flags.model }),
    ...(await parametersOf(flags, context)),
    ...(flags.priority !== undefined && { priority: flags.priority }),
    ...(flags.promptVersion !== undefined && { promptVersion: flags.promptVersion }),
    ...(flags.runAt !== undefined && { runAt: flags.runAt }),
  };
  const { signal } = context;
  const accepted = await client.request('submitExecution', { body, signal }).catch((error: unknown) => {
    if (signal.aborted)
      context.screen.say('It may have been accepted all the same; formaops list -n 1 shows it.');
    throw error;
  });
  if (!flags.wait) {
    context.show(accepted, () => accepted.id);
    return undefined;
  }
  if (flags.follow) return follow(accepted.id, context);
  const execution = await untilEnd(accepted.id, context);
  context.show(execution, () => describeExecution(execution, context));
  return exitCodeFor(execution);
}

async function parametersOf({ parameters, responseFormat }: RunFlags, context: Context): Promise<object> {
  if (parameters === undefined && responseFormat === undefined) return {};
  const fromFile =
    parameters === undefined ? {} : asObject(await context.readJson(parameters), '--parameters');
  return { parameters: { ...fromFile, ...(responseFormat && { responseFormat: { type: responseFormat } }) } };
}

/** Waits for the end, and shows how long that takes already. */
async function untilEnd(id: string, context: Context) {
  const client = await context.client();
  const begunAt = performance.now();
  const tick = () =>
    context.screen.progress(`${id} runs … ${Math.round((performance.now() - begunAt) / 1_000)} s`);
  const timer = setInterval(tick, 1_000);
  try {
    return await client.executions.wait(id, { signal: context.signal });
  } catch (error) {
    if (context.signal.aborted) context.screen.say(`\n${id} goes on. formaops cancel ${id} stops it.`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}
