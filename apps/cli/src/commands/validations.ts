import type { Body, Schemas } from '@formaops/client';
import { type Command, Option } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { CliError, type ExitCode, exitCodes } from '../exit-codes.ts';
import { describeReasons } from '../output/describe-reasons.ts';
import { findPrompt } from './find-prompt.ts';

const byName = 'id or whole name of a prompt';
const which = 'id or whole name of a validation';

type Type = Schemas['ValidationType'];

interface ConfigFlags {
  config?: string;
  pattern?: string;
  function?: string;
}

/** `validations …`. */
export function addValidationCommands(program: Command, act: Act): void {
  const validations = program.command('validations').description('say how outputs of a prompt are judged');
  validations
    .command('list')
    .description('list the validations of a prompt, in the order in which they judge')
    .argument('<prompt>', byName)
    .action(act(list));
  withConfig(validations.command('add').description('add a validation to a prompt'))
    .argument('<prompt>', byName)
    .requiredOption('--name <name>')
    .addHelpText(
      'after',
      examples(
        "validations add Translator --name 'Has JSON' --type SCHEMA --config schema.json",
        "validations add Translator --name 'No apology' --pattern '^(?!.*sorry)'",
        "validations add Translator --name 'Short' --function short.js",
      ),
    )
    .action(act(add));
  withConfig(validations.command('edit').description('change what a validation asks for'))
    .argument('<prompt>', byName)
    .argument('<validation>', which)
    .option('--name <name>')
    .action(act(edit));
  for (const [name, description, isActive] of switches) {
    validations
      .command(name)
      .description(description)
      .argument('<prompt>', byName)
      .argument('<validation>', which)
      .action(act((context, prompt: string, one: string) => change(context, prompt, one, { isActive })));
  }
  validations
    .command('delete')
    .description('delete a validation; its verdicts stay')
    .argument('<prompt>', byName)
    .argument('<validation>', which)
    .action(act(remove));
  withConfig(validations.command('try').description('judge a text, and store nothing'))
    .argument('<file>', 'file with the text; - is standard input')
    .addHelpText('after', examples("validations try answer.txt --pattern '^OK'"))
    .action(act(attempt));
}

const switches = [
  ['on', 'let a validation judge', true],
  ['off', 'let a validation rest', false],
] as const;

function withConfig(command: Command): Command {
  return command
    .addOption(new Option('--type <type>', 'of the config').choices(['SCHEMA', 'REGEX', 'FUNCTION']))
    .option('--config <file>', 'a JSON document: a JSON Schema, or what the type asks for')
    .option('--pattern <regex>', 'REGEX: what an output must hold')
    .option('--function <file>', 'FUNCTION: file with its JavaScript source');
}

/** @throws CliError when nothing, or more than one thing, says what is asked for. */
async function configOf(
  flags: ConfigFlags & { type?: Type },
  context: Context,
): Promise<{ type: Type; config: unknown } | null> {
  const given = [flags.config, flags.pattern, flags.function].filter((flag) => flag !== undefined);
  if (given.length === 0) return null;
  if (given.length > 1) throw new CliError('Use one of --config, --pattern and --function');
  if (flags.pattern !== undefined) return { type: 'REGEX', config: { pattern: flags.pattern } };
  if (flags.function !== undefined)
    return { type: 'FUNCTION', config: { source: await context.read(flags.function) } };
  if (flags.type === undefined) throw new CliError('--config needs --type SCHEMA, REGEX or FUNCTION');
  return { type: flags.type, config: await context.readJson(flags.config ?? '') };
}

const missingConfig = () => new CliError('Say what is asked for: --config, --pattern or --function');

async function list(context: Context, promptName: string): Promise<undefined> {
  const client = await context.client();
  const { id } = await findPrompt(promptName, context);
  const { data } = await client.request('listValidations', { path: { id }, signal: context.signal });
  context.show(data, () =>
    context.table(
      ['Id', 'Name', 'Type', 'On', 'Config'],
      data.map((one) => [
        one.id,
        one.name,
        one.type,
        one.isActive ? 'yes' : 'no',
        JSON.stringify(one.config),
      ]),
    ),
  );
  return undefined;
}

async function add(
  context: Context,
  promptName: string,
  flags: ConfigFlags & { name: string; type?: Type },
): Promise<undefined> {
  const client = await context.client();
  const config = await configOf(flags, context);
  if (config === null) throw missingConfig();
  const { id } = await findPrompt(promptName, context);
  const body: Body<'createValidation'> = { name: flags.name, ...config };
  const saved = await client.request('createValidation', { path: { id }, body, signal: context.signal });
  tell(saved, context);
  return undefined;
}

async function edit(
  context: Context,
  promptName: string,
  validation: string,
  flags: ConfigFlags & { name?: string; type?: Type },
): Promise<undefined> {
  const config = await configOf(flags, context);
  const { name } = flags;
  if (config === null && name === undefined)
    throw new CliError('Say what to change: --name, --config, --pattern or --function');
  await change(context, promptName, validation, {
    ...(name !== undefined && { name }),
    ...(config && { config: config.config }),
  });
  return undefined;
}

async function change(
  context: Context,
  promptName: string,
  validation: string,
  body: Body<'updateValidation'>,
): Promise<undefined> {
  const client = await context.client();
  const path = await findValidation(promptName, validation, context);
  tell(await client.request('updateValidation', { path, body, signal: context.signal }), context);
  return undefined;
}

async function remove(context: Context, promptName: string, validation: string): Promise<undefined> {
  const client = await context.client();
  const path = await findValidation(promptName, validation, context);
  await client.request('deleteValidation', { path, signal: context.signal });
  context.show({ id: path.validationId, deleted: true }, () => `${path.validationId} is deleted`);
  return undefined;
}

async function attempt(
  context: Context,
  file: string,
  flags: ConfigFlags & { type?: Type },
): Promise<ExitCode> {
  const client = await context.client();
  const config = await configOf(flags, context);
  if (config === null) throw missingConfig();
  const body: Body<'tryValidation'> = { ...config, output: await context.read(file) };
  const trial = await client.request('tryValidation', { body, signal: context.signal });
  context.show(trial, () =>
    [trial.outcome, trial.code, ...describeReasons(trial.code, trial.errors)].filter(Boolean).join('\n'),
  );
  return trial.outcome === 'PASSED' ? exitCodes.ok : exitCodes.failed;
}

function tell(saved: Schemas['SavedValidation'], context: Context): void {
  for (const { pointer, detail } of saved.warnings) context.screen.say(`Warning: ${pointer} ${detail}`);
  context.show(saved, () => `${saved.id} ${saved.name} is ${saved.isActive ? 'on' : 'off'}`);
}

/** @throws CliError when the prompt has none of this id or name. */
async function findValidation(promptName: string, validation: string, context: Context) {
  const { id, validations } = await findPrompt(promptName, context);
  const found = validations.find((one) => one.id === validation || one.name === validation);
  if (!found) throw new CliError(`The prompt has no validation ${validation}`, exitCodes.notFound);
  return { id, validationId: found.id };
}
