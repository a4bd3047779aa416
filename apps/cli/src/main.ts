import { readEnv } from './env.ts';
import { exitCodes } from './exit-codes.ts';
import { terminal } from './output/screen.ts';
import { runCli } from './program.ts';

const interrupted = new AbortController();
/** One Ctrl-C can come twice, in milliseconds: from the terminal, and passed on by whoever started this process. */
const sameMs = 500;
let firstAtMs: number | undefined;

function interrupt(): void {
  firstAtMs ??= performance.now();
  // Whoever asks again wants it to end at once.
  if (performance.now() - firstAtMs > sameMs) process.exit(exitCodes.interrupted);
  interrupted.abort();
}

process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
// Whoever started this process was killed.
process.once('disconnect', interrupt);

process.exitCode = await runCli(process.argv.slice(2), {
  screen: terminal(),
  env: readEnv(),
  stdin: process.stdin,
  signal: interrupted.signal,
});
process.disconnect?.();
