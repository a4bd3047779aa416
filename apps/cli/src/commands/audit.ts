import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';

export function addAuditCommand(program: Command, act: Act): void {
  program
    .command('audit')
    .description('check what must always be true of the stored executions; changes nothing (operators)')
    .option('--since <time>', 'only executions created since then: 30m, 24h, 7d, or a time')
    .addHelpText('after', examples('audit --since 24h', 'audit --json'))
    .action(act(audit));
}

const script = join(import.meta.dirname, '../../../../infra/audit.ts');

/** What its exit codes mean here: it ends with 2 when it could not be done, and with 78 when the settings make no sense. */
const endings: Readonly<Record<number, ExitCode>> = {
  0: exitCodes.ok,
  2: exitCodes.unavailable,
  78: exitCodes.usage,
};

/** A process of its own, as `npm run audit` starts it: it takes minutes. */
async function audit(context: Context, { since }: { since?: string }): Promise<ExitCode> {
  const args = [
    script,
    ...(since === undefined ? [] : ['--since', since]),
    ...(context.json ? ['--json'] : []),
  ];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    env: context.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => context.screen.write(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => context.screen.say(text.trimEnd()));
  context.signal.addEventListener('abort', () => child.kill(), { once: true });
  const [code] = await once(child, 'close');
  context.signal.throwIfAborted();
  return endings[code] ?? exitCodes.failed;
}
