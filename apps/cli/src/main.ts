import { readEnv } from './env.ts';
import { terminal } from './output/screen.ts';
import { runCli } from './program.ts';

const interrupted = new AbortController();
// Once: whoever asks again wants it to end at once.
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());
// Whoever started this process was killed.
process.once('disconnect', () => interrupted.abort());

process.exitCode = await runCli(process.argv.slice(2), {
  screen: terminal(),
  env: readEnv(),
  stdin: process.stdin,
  signal: interrupted.signal,
});
process.disconnect?.();
