import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { checkApi } from '../doctor/check-api.ts';
import { checkDatabase } from '../doctor/check-database.ts';
import { checkModel } from '../doctor/check-model.ts';
import { checkNode } from '../doctor/check-node.ts';
import { checkQueue } from '../doctor/check-queue.ts';
import { type Check, type Finding, reasonOf } from '../doctor/finding.ts';
import { examples } from '../examples.ts';
import { CliError, type ExitCode, exitCodes } from '../exit-codes.ts';
import { cleanTerminal, toJson } from '../output/clean-terminal.ts';
import { findApi, findModel, findStores } from '../settings.ts';

export function addDoctorCommand(program: Command, act: Act): void {
  program
    .command('doctor')
    .description('check Node, API, database, queue and model, and say what to do')
    .addHelpText('after', examples('doctor', 'doctor --json'))
    .action(act((context, _options: object) => doctor(context)));
}

const marks = { ok: '✓', warning: '!', problem: '✗', skipped: '–' } as const;

async function doctor(context: Context): Promise<ExitCode> {
  const { env, flags } = context;
  const checks = [
    checkNode(process.versions.node),
    settled('API', () => findApi(flags, env), checkApi),
    settled(
      'Database',
      () => findStores(env),
      ({ databaseUrl }) => checkDatabase(databaseUrl),
    ),
    settled('Queue', () => findStores(env), checkQueue),
    settled(
      'Model',
      () => findModel(env),
      ({ baseUrl, apiKey }) => checkModel(baseUrl, apiKey),
    ),
  ];
  const findings: Finding[] = [];
  for (const check of checks) {
    context.signal.throwIfAborted();
    const found = await check();
    findings.push(...found);
    if (!context.json) for (const finding of found) context.screen.print(cleanTerminal(describe(finding)));
  }
  if (context.json) context.screen.print(toJson({ findings }));
  const problems = findings.filter(({ state }) => state === 'problem').length;
  if (!context.json) context.screen.print(`\n${verdictOn(findings, problems)}`);
  return problems === 0 ? exitCodes.ok : exitCodes.failed;
}

function verdictOn(findings: readonly Finding[], problems: number): string {
  if (problems > 0) return `${problems} to mend.`;
  const isWhole = findings.every(({ state }) => state !== 'skipped');
  return isWhole ? 'Nothing is wrong.' : 'Nothing is wrong with what could be looked at.';
}

/**
 * A check of what nothing is said about is left out: whoever uses an API elsewhere has no database. Settings of which nothing
 * can be made are a finding like others.
 */
function settled<Settings>(
  subject: string,
  find: () => Promise<Settings>,
  check: (settings: Settings) => Check,
): Check {
  return async () => {
    try {
      return await check(await find())();
    } catch (error) {
      if (error instanceof CliError)
        return [{ subject, state: 'skipped', detail: error.message.replaceAll('\n', ' ') }];
      const advice = 'Look at its settings; docs/configuration.md explains them.';
      return [{ subject, state: 'problem', detail: reasonOf(error), advice }];
    }
  };
}

function describe({ subject, state, detail, advice }: Finding): string {
  const line = `${marks[state]} ${subject.padEnd(8)} ${detail}`;
  return advice === undefined ? line : `${line}\n    → ${advice}`;
}
