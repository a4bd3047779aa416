import type { Entry } from '@formaops/client';
import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { cleanLine, toJson } from '../output/clean-terminal.ts';
import { toNumber } from './option-values.ts';
import { takeFirst } from './take-first.ts';

type LogLine = Entry<'listLogs'>;

export function addLogsCommand(program: Command, act: Act): void {
  program
    .command('logs')
    .description('show what happened to an execution')
    .argument('<id>')
    .option('-f, --follow', 'go on until it has ended')
    .option('-n, --limit <count>', 'at most so many lines', toNumber, 1_000)
    .addHelpText('after', examples('logs 019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b -f'))
    .action(act(logs));
}

interface LogsFlags {
  follow?: boolean;
  limit: number;
}

async function logs(context: Context, id: string, flags: LogsFlags): Promise<undefined> {
  const client = await context.client();
  const { screen, signal } = context;
  const print = (line: LogLine) => screen.print(context.json ? toJson(line) : describeLog(line));
  if (flags.follow) {
    for await (const event of client.executions.stream(id, { types: ['log'], signal }))
      if (event.type === 'log') print(lineOf(event));
    return undefined;
  }
  const lines = await takeFirst(flags.limit, (page) =>
    client.request('listLogs', { path: { id }, query: page, signal }),
  );
  for (const line of lines) print(line);
  return undefined;
}

/** As lists show it. */
function lineOf({ id, level, message, metadata, timestamp }: LogLine): LogLine {
  return { id, level, message, metadata, timestamp };
}

/** A log line in one line. */
export function describeLog({ timestamp, level, message, metadata }: Omit<LogLine, 'id'>): string {
  const details = Object.entries(metadata ?? {})
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  return cleanLine(`${timestamp} ${level.padEnd(5)} ${message}${details && `  ${details}`}`);
}
