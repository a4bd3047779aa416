import { Command, CommanderError } from 'commander';
import type { Act, Run } from './act.ts';
import { addAuditCommand } from './commands/audit.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addExecutionCommands } from './commands/executions.ts';
import { addKeyCommands } from './commands/keys.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addMetricsCommand } from './commands/metrics.ts';
import { addPromptCommands } from './commands/prompts.ts';
import { addRunCommand } from './commands/run.ts';
import { addUserCommands } from './commands/users.ts';
import { addValidationCommands } from './commands/validations.ts';
import { addWebhookCommands } from './commands/webhooks.ts';
import { Context, type World } from './context.ts';
import { CliError, type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';
import { toJson } from './output/clean-terminal.ts';
import { errorAsJson, explain } from './output/explain.ts';
import { version } from './version.ts';

/** Every command, described. */
export function createProgram(act: Act): Command {
  const program = new Command('formaops')
    .description('Runs prompts as a service: submit, watch and manage from a terminal.')
    .version(version)
    .option('--json', 'print one JSON document, or JSON lines for what streams')
    .option('--api-url <url>', 'address of the API (FORMAOPS_API_URL)')
    .option('--api-key-file <file>', 'file that holds the API key (FORMAOPS_API_KEY holds the key itself)')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('(--help says more)')
    .exitOverride();
  addRunCommand(program, act);
  addExecutionCommands(program, act);
  addLogsCommand(program, act);
  addPromptCommands(program, act);
  addValidationCommands(program, act);
  addKeyCommands(program, act);
  addWebhookCommands(program, act);
  addMetricsCommand(program, act);
  addUserCommands(program, act);
  addAuditCommand(program, act);
  addDoctorCommand(program, act);
  return program;
}

/**
 * Carries out one command line.
 *
 * @returns what the process should end with.
 */
export async function runCli(args: readonly string[], world: World): Promise<ExitCode> {
  let ended: ExitCode = exitCodes.ok;
  let context = new Context(world, {});
  const act: Act =
    <Parameters extends unknown[]>(run: Run<Parameters>) =>
    async (...all: [...Parameters, Command]) => {
      const [command, ...parameters] = [all.at(-1) as Command, ...all.slice(0, -1)];
      context = new Context(world, command.optsWithGlobals());
      // What a shell makes of a variable that is not set.
      if (command.args.includes('')) throw new CliError('An argument is empty');
      ended = (await run(context, ...(parameters as Parameters))) ?? exitCodes.ok;
    };
  const program = createProgram(act);
  direct(program, world);
  try {
    await program.parseAsync(args, { from: 'user' });
    return ended;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.ok;
      if (args.includes('--json')) world.screen.print(toJson(errorAsJson(error)));
      return exitCodes.usage;
    }
    if (world.signal.aborted) return exitCodes.interrupted;
    if (context.json) world.screen.print(toJson(errorAsJson(error)));
    world.screen.say(explain(error));
    return exitCodeOf(error);
  }
}

/** Commands within commands have their own output and end the process themselves, unless told otherwise one by one. */
function direct(command: Command, world: World): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => world.screen.write(text),
    writeErr: (text) => world.screen.say(text.trimEnd()),
  });
  for (const one of command.commands) direct(one, world);
}
