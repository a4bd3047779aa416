import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { holdWith } from './toolchain-lock.mjs';

/** Read before anything takes time: npm may be gone by the end of the preparation. */
const parent = process.ppid;

/** Compiled sources, types removed: with them the product starts in half the time. */
const compileCache = fileURLToPath(new URL('../.formaops/compile-cache', import.meta.url));

/** A failure whose message is all the user needs. */
export class ToolchainError extends Error {}

/** Thrown when a step ended because we were told to stop; `ended` is how this process should end, too. */
class Interrupted extends Error {
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.ended = { code: null, signal };
  }
}

/**
 * Waits for a child to end. Signals sent to us do not end us before it; `onSignal` decides what they mean to the child.
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, received?: NodeJS.Signals }>} how the child ended, and the
 * last signal we were sent meanwhile.
 */
function waitFor(child, onSignal) {
  return new Promise((resolve, reject) => {
    let received;
    const listener = (signal) => {
      received = signal;
      onSignal(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, listener);
    const settle = (finish, value) => {
      for (const signal of signals) process.off(signal, listener);
      finish(value);
    };
    child.once('error', (error) => settle(reject, error));
    child.once('close', (code, signal) => settle(resolve, { code, signal, received }));
  });
}

/**
 * Runs one step of the preparation and prints one line about it: `<title> … <seconds> s`.
 * Ends with a ToolchainError that shows the end of the command's output and `advice` when the command fails.
 * @param {{ title: string, command: string, args: string[], advice: string, cwd: string, env?: NodeJS.ProcessEnv }} step
 */
export async function runStep({ title, command, args, advice, cwd, env = process.env }) {
  const startedAt = performance.now();
  process.stderr.write(`${title} … `);
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) holdWith(child.pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  // npm answers Ctrl-C by finishing and then undoing its work, 45 s later. Nothing of an unfinished step is used, so it need not be tidy.
  const ended = await waitFor(child, () => child.kill('SIGKILL')).catch((error) => {
    output += error.message;
    return { code: 1, signal: null };
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const outcome =
    ended.code === 0 ? '' : ended.received === undefined ? 'failed after ' : 'interrupted after ';
  process.stderr.write(`${outcome}${seconds} s\n`);
  if (ended.received !== undefined) throw new Interrupted(ended.received);
  if (ended.code !== 0) throw new ToolchainError(`\n${tail(output)}\n\n${advice}`);
}

function tail(output) {
  return output.trimEnd().split('\n').slice(-20).join('\n');
}

/**
 * Runs `script` on `node` with our terminal and waits for its end. The child has an IPC channel for one purpose: it is closed by the kernel
 * when this process is killed, and the child hears of that as 'disconnect'.
 */
export function runScript(node, script, args) {
  const searchPath = [path.dirname(node), process.env.PATH].filter(Boolean).join(path.delimiter);
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', script, ...args], {
    env: { NODE_COMPILE_CACHE: compileCache, ...process.env, PATH: searchPath },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const watch = process.env.npm_lifecycle_event === undefined ? undefined : stopWithoutParent(child);
  const passOn = (signal) => {
    // Ctrl-C in a terminal reaches the child by itself; a second copy would look like an impatient second Ctrl-C.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  return waitFor(child, passOn).finally(() => clearInterval(watch));
}

/** npm cannot tell us that it was killed; being handed to another parent does. What npm started has no reason to go on without it. */
function stopWithoutParent(child) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 1_000);
  return watch;
}

/** Ends this process the way a child ended: with its exit code, or by the same signal. */
export function endLike({ code, signal }) {
  if (signal !== null) process.kill(process.pid, signal);
  else process.exit(code);
}
