import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A process of the product, as an operator would run it. */
export interface TestProcess {
  pid: number;
  /** What it told when it was ready. */
  ready: Record<string, unknown>;
  /** Everything it wrote so far. */
  output(): string;
  /** Sends the signal and waits for the end. @returns the exit code; null when a signal ended it. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a process with this environment and nothing else, and waits until it is ready. */
export async function startTestProcess(script: string, env: Record<string, string>): Promise<TestProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, script)], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const chunks: string[] = [];
  child.stdout?.on('data', (chunk) => chunks.push(String(chunk)));
  child.stderr?.on('data', (chunk) => chunks.push(String(chunk)));
  const output = () => chunks.join('');
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const ready = await Promise.race([once(child, 'message'), exited]);
  if (child.exitCode !== null || child.signalCode !== null)
    throw new Error(`${script} did not start:\n${output()}`);
  return {
    pid: pidOf(child),
    ready: ready[0] as unknown as Record<string, unknown>,
    output,
    async end(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the process has no pid');
  return pid;
}
