import type { Body, Query, Schemas } from '@formaops/client';
import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { CliError } from '../exit-codes.ts';
import { cleanTerminal } from '../output/clean-terminal.ts';
import { findPrompt } from './find-prompt.ts';
import { asObject } from './inputs.ts';
import { collect, toNumber } from './option-values.ts';
import { takeFirst } from './take-first.ts';

type Prompt = Schemas['Prompt'];

const byName = 'id or whole name of a prompt';

/** `prompts …`. */
export function addPromptCommands(program: Command, act: Act): void {
  const prompts = program.command('prompts').description('create, change and publish prompts');
  prompts
    .command('list')
    .description('list prompts, newest first')
    .option('--status <status>', 'only these, with commas between: DRAFT, PUBLISHED, ARCHIVED')
    .option('--tags <tags>', 'only with all of these tags, with commas between')
    .option('-q, --search <text>', 'only with this in the name or the description')
    .option('-n, --limit <count>', 'at most so many', toNumber, 20)
    .addHelpText('after', examples('prompts list --status PUBLISHED', 'prompts list -q review'))
    .action(act(list));
  prompts
    .command('show')
    .description('show a prompt')
    .argument('<prompt>', byName)
    .option('--prompt-version <number>', 'an earlier version', toNumber)
    .action(act(show));
  withContent(prompts.command('create').description('create a prompt as a draft'))
    .addHelpText(
      'after',
      examples(
        'prompts create --file prompt.json',
        'prompts create --name Translator --template translate.txt -v language=string -v text!=string',
      ),
    )
    .action(act(create));
  withContent(prompts.command('edit').description('change a prompt; another template makes a new version'))
    .argument('<prompt>', byName)
    .option('-m, --message <text>', 'why there is a new version')
    .addHelpText('after', examples("prompts edit Translator --template translate.txt -m 'Word by word'"))
    .action(act(edit));
  prompts
    .command('versions')
    .description('list the versions of a prompt, newest first')
    .argument('<prompt>', byName)
    .option('-n, --limit <count>', 'at most so many', toNumber, 20)
    .action(act(versions));
  prompts
    .command('restore')
    .description('make a new version with the content of an earlier one')
    .argument('<prompt>', byName)
    .argument('<version>', 'its number', toNumber)
    .action(act(restore));
  for (const [name, description, operation, done] of moves) {
    prompts
      .command(name)
      .description(description)
      .argument('<prompt>', byName)
      .action(act((context, prompt: string) => move(context, prompt, operation, done)));
  }
}

const moves = [
  ['publish', 'let a prompt run', 'publishPrompt', 'is published'],
  ['archive', 'keep a prompt from running and from being changed', 'archivePrompt', 'is archived'],
  ['delete', 'delete a prompt that was never run', 'deletePrompt', 'is deleted'],
] as const;

interface ContentFlags {
  file?: string;
  name?: string;
  description?: string;
  template?: string;
  variable?: string[];
  tags?: string;
}

function withContent(command: Command): Command {
  return command
    .option(
      '--file <file>',
      'a JSON object with name, description, template, variables, tags; - is standard input',
    )
    .option('--name <name>')
    .option('--description <text>')
    .option('--template <file>', 'file with the template; - is standard input')
    .option(
      '-v, --variable <name=type>',
      'a variable: string, number, boolean, array or object; name!=type makes it required (repeatable)',
      collect,
    )
    .option('--tags <tags>', 'with commas between');
}

/** @throws CliError for what cannot be read. */
async function contentOf(flags: ContentFlags, context: Context): Promise<Record<string, unknown>> {
  const fromFile = flags.file === undefined ? {} : asObject(await context.readJson(flags.file), '--file');
  return {
    ...fromFile,
    ...(flags.name !== undefined && { name: flags.name }),
    ...(flags.description !== undefined && { description: flags.description }),
    ...(flags.template !== undefined && { template: await context.read(flags.template) }),
    ...(flags.variable !== undefined && { variables: flags.variable.map(toVariable) }),
    ...(flags.tags !== undefined && { tags: flags.tags.split(',') }),
  };
}

function toVariable(text: string) {
  const [, name, required, type] = /^(\w+)(!?)=(\w+)$/.exec(text) ?? [];
  if (!name) throw new CliError(`--variable ${text} must look like name=type or name!=type`);
  return { name, type, ...(required && { required: true }) };
}

interface ListFlags {
  status?: string;
  tags?: string;
  search?: string;
  limit: number;
}

async function list(context: Context, { status, tags, search, limit }: ListFlags): Promise<undefined> {
  const client = await context.client();
  const filter = {
    ...(status && { status: status.split(',') }),
    ...(tags && { tags: tags.split(',') }),
    ...(search && { q: search }),
  } as Query<'listPrompts'>;
  const data = await takeFirst(limit, (page) =>
    client.request('listPrompts', { query: { ...filter, ...page }, signal: context.signal }),
  );
  context.show(data, () =>
    context.table(
      ['Id', 'Name', 'Status', 'Version', 'Tags', 'Created'],
      data.map((one) => [
        one.id,
        one.name,
        one.status,
        one.version,
        one.tags.join(', ') || null,
        one.createdAt,
      ]),
    ),
  );
  return undefined;
}

async function show(
  context: Context,
  promptName: string,
  { promptVersion }: { promptVersion?: number },
): Promise<undefined> {
  const prompt = await findPrompt(promptName, context);
  if (promptVersion === undefined) {
    context.show(prompt, () => describePrompt(prompt, context));
    return undefined;
  }
  const client = await context.client();
  const path = { id: prompt.id, version: promptVersion };
  const version = await client.request('getPromptVersion', { path, signal: context.signal });
  context.show(version, () => describePrompt({ ...prompt, ...version, id: prompt.id }, context));
  return undefined;
}

function describePrompt(prompt: Schemas['PromptDetails'], context: Context): string {
  const { variables, validations } = prompt;
  const parts = [
    context.facts([
      ['Prompt', prompt.name],
      ['Id', prompt.id],
      ['Status', `${prompt.status}, version ${prompt.version}`],
      ['Description', prompt.description],
      ['Tags', prompt.tags.join(', ') || null],
    ]),
    context.table(
      ['Variable', 'Type', 'Required', 'Default', 'Options'],
      variables.map(({ name, type, required, defaultValue, options }) => [
        name,
        type,
        required ? 'yes' : 'no',
        defaultValue === undefined ? null : JSON.stringify(defaultValue),
        options?.map((option) => JSON.stringify(option)).join(', '),
      ]),
    ),
  ];
  if (validations.length > 0) {
    parts.push(
      context.table(
        ['Validation', 'Type', 'On'],
        validations.map(({ name, type, isActive }) => [name, type, isActive ? 'yes' : 'no']),
      ),
    );
  }
  return [...parts, cleanTerminal(prompt.template)].join('\n\n');
}

async function create(context: Context, flags: ContentFlags): Promise<undefined> {
  const client = await context.client();
  const body = (await contentOf(flags, context)) as Body<'createPrompt'>;
  const saved = await client.request('createPrompt', { body, signal: context.signal });
  tellWarnings(saved.warnings, context);
  context.show(
    saved,
    () => `${saved.id} ${saved.name}: a draft. formaops prompts publish ${saved.id} lets it run.`,
  );
  return undefined;
}

async function edit(
  context: Context,
  promptName: string,
  { message, ...flags }: ContentFlags & { message?: string },
): Promise<undefined> {
  const client = await context.client();
  const { id, version, updatedAt } = await findPrompt(promptName, context);
  const content = await contentOf(flags, context);
  const body = { ...content, ...(message !== undefined && { changeLog: message }) } as Body<'updatePrompt'>;
  const saved = await client.request('updatePrompt', { path: { id }, body, signal: context.signal });
  tellWarnings(saved.warnings, context);
  context.show(saved, () => {
    if (saved.version !== version) return `${id} is changed, and has version ${saved.version} now`;
    return saved.updatedAt === updatedAt ? `${id} was like that already` : `${id} is changed`;
  });
  return undefined;
}

function tellWarnings(warnings: ReadonlyArray<{ pointer: string; detail: string }>, context: Context): void {
  for (const { pointer, detail } of warnings) context.screen.say(`Warning: ${pointer} ${detail}`);
}

async function versions(
  context: Context,
  promptName: string,
  { limit }: { limit: number },
): Promise<undefined> {
  const client = await context.client();
  const { id } = await findPrompt(promptName, context);
  const data = await takeFirst(limit, (page) =>
    client.request('listPromptVersions', { path: { id }, query: page, signal: context.signal }),
  );
  context.show(data, () =>
    context.table(
      ['Version', 'Created', 'Why'],
      data.map(({ version, createdAt, changeLog }) => [version, createdAt, changeLog]),
    ),
  );
  return undefined;
}

async function restore(context: Context, promptName: string, version: number): Promise<undefined> {
  const client = await context.client();
  const { id } = await findPrompt(promptName, context);
  const path = { id, version };
  const prompt = await client.request('restorePromptVersion', { path, signal: context.signal });
  context.show(prompt, () => `${id} has version ${prompt.version} now`);
  return undefined;
}

async function move(
  context: Context,
  promptName: string,
  operation: 'publishPrompt' | 'archivePrompt' | 'deletePrompt',
  done: string,
): Promise<undefined> {
  const client = await context.client();
  const prompt: Prompt = await findPrompt(promptName, context);
  const moved = await client.request(operation, { path: { id: prompt.id }, signal: context.signal });
  context.show(moved ?? { id: prompt.id, deleted: true }, () => `${prompt.id} ${prompt.name} ${done}`);
  return undefined;
}
