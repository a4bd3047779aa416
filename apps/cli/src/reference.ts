import type { Command, Option } from 'commander';
import { exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';

const meanings: Record<keyof typeof exitCodes, string> = {
  ok: 'it went well; of `run`: COMPLETED, and no validation failed',
  failed: 'it was refused, did not complete, or something was found',
  usage: 'the command line or the settings make no sense',
  notFound: 'there is no such thing, or it is somebody else’s',
  forbidden: 'no key, a wrong one, or one that must not do this',
  unavailable: 'nothing answered, or not now; the same command may succeed later',
  interrupted: 'Ctrl-C',
};

/** Every command with its arguments and options, as Markdown. */
export function renderReference(): string {
  const program = createProgram(() => async () => undefined);
  const codes = Object.entries(exitCodes).map(
    ([name, code]) => `| ${code} | ${meanings[name as keyof typeof exitCodes]} |`,
  );
  return `# The command line

\`./formaops\` in a clone of the repository works on a machine that has Node 18 or newer; its first run installs what it needs. While
\`npm start\` runs in the same clone it needs no settings. Elsewhere \`FORMAOPS_API_URL\` and \`FORMAOPS_API_KEY\` say which API, and as
whom; \`users\`, \`audit\` and \`doctor\` read \`DATABASE_URL\`, \`DATABASE_DIRECT_URL\` and \`QUEUE_URL\` as the API does. An API key is never an
argument: those can be read by everybody on the machine. Below, and in what it says of itself, the command is called \`formaops\`.

Results go to standard output, everything else to standard error. Every command takes these:

${optionTable(program.options)}

| ends with | when |
| --- | --- |
${codes.join('\n')}

With \`--json\` an error is \`{"error":{"code","message","status","requestId"}}\` on standard output. Signs in texts of other people
that a terminal would obey are shown as pictures.
${program.commands.map((command) => section(command, [])).join('')}`;
}

function section(command: Command, parents: string[]): string {
  const names = [...parents, command.name()];
  if (command.commands.length > 0) {
    const title = `\n## ${names.join(' ')}\n\n${sentence(command.description())}\n`;
    return title + command.commands.map((one) => section(one, names)).join('');
  }
  const synopsis = ['formaops', ...names, ...command.registeredArguments.map(argument)].join(' ');
  const level = parents.length > 0 ? '###' : '##';
  const options = command.options.filter(({ hidden }) => !hidden);
  const described = command.registeredArguments.filter(({ description }) => description);
  return `
${level} ${names.join(' ')}

${sentence(command.description())}

\`\`\`sh
${synopsis}${options.length > 0 ? ' [options]' : ''}
\`\`\`
${options.length + described.length > 0 ? `\n${optionTable(options, described)}\n` : ''}`;
}

function argument(one: Command['registeredArguments'][number]): string {
  const text = `${one.name()}${one.variadic ? '...' : ''}`;
  return one.required ? `<${text}>` : `[${text}]`;
}

function optionTable(
  options: readonly Option[],
  described: ReadonlyArray<Command['registeredArguments'][number]> = [],
): string {
  const given = described.map((one) => `| \`${argument(one)}\` | ${one.description} |`);
  const rows = options.map((option) => {
    const choices = option.argChoices ? `one of ${option.argChoices.join(', ')}` : '';
    const standard =
      option.defaultValue === undefined || option.negate ? '' : `${option.defaultValue} unless given`;
    const words = [option.description, choices, standard].filter(Boolean).join('; ');
    return `| \`${option.flags}\` | ${words.replaceAll('|', '\\|')} |`;
  });
  const head = [given.length > 0 && 'argument', rows.length > 0 && 'option'].filter(Boolean).join(' or ');
  return `| ${head} | |\n| --- | --- |\n${[...given, ...rows].join('\n')}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
