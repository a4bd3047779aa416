import { once } from 'node:events';
import { codeReviewFormat } from './code-review-format.ts';
import { readLocalEnv } from './env.ts';
import { type LocalStack, startLocalStack } from './local-stack.ts';
import { parseOptions, type StartOptions, usage } from './options.ts';
import { isPortFree } from './port-check.ts';
import { say } from './progress.ts';
import { describeSample, runSample, type SampleResult } from './sample.ts';
import { readDevState } from './state-dir.ts';
import { describeStack } from './summary.ts';

const options = parseOptions(process.argv.slice(2));
if (options === 'help') {
  say(usage);
} else if ('problem' in options) {
  say(`${options.problem}\n\n${usage}`);
  process.exitCode = 2;
} else {
  process.exitCode = await run(options);
  // The database engine's timers would keep the process for some seconds more.
  process.exit();
}

async function run(chosen: StartOptions): Promise<number> {
  const obstacle = await findObstacle(chosen);
  if (obstacle) {
    say(obstacle);
    return 1;
  }
  const stopping = new AbortController();
  const interrupted = once(stopping.signal, 'abort').then(() => 'interrupted' as const);
  let stack: LocalStack | undefined;
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    stopping.abort();
    // Somebody who asks again is in a hurry: what still runs is ended at once.
    if (signals > 1) void stack?.stop();
  };
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(event, onSignal);

  try {
    say('');
    stack = await startLocalStack(chosen, readLocalEnv(), stopping.signal);
    const outcome = await Promise.race([interrupted, showSample(stack, chosen)]);
    if (outcome === 'interrupted') return 0;
    if (chosen.once) return outcome === 'failed' ? 1 : 0;
    say(describeStack(stack));
    return await untilEnd(stack, interrupted);
  } catch (error) {
    if (stopping.signal.aborted) {
      say('Stopped.');
      return 0;
    }
    say(`\n${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    if (stack) {
      say('Stopping …');
      stopping.abort();
      await stack.stop();
      say('Stopped.');
    }
  }
}

async function findObstacle({ port }: StartOptions): Promise<string | null> {
  const running = await readDevState();
  if (running) {
    return `FormaOps already runs from this folder (process ${running.pid}): ${running.apiUrl}\nStop it with Ctrl-C where it was started, or with: kill ${running.pid}`;
  }
  if (port !== 0 && !(await isPortFree(port))) {
    return `Port ${port} is taken by another program. Choose another one: npm start -- --port ${port < 65_535 ? port + 1 : 0}`;
  }
  return null;
}

async function showSample(stack: LocalStack, chosen: StartOptions): Promise<'done' | 'failed'> {
  if (chosen.workers === 0) {
    say('\nNo worker was started, so the sample waits: npm run worker starts one.');
    return 'done';
  }
  const format = stack.modelIsSimulated ? undefined : codeReviewFormat;
  const sample: SampleResult = await runSample(
    stack.state.apiUrl,
    stack.state.apiKey,
    stack.promptId,
    format,
  );
  say(`\n${describeSample(sample)}`);
  if (sample.status === 'COMPLETED') return 'done';
  if (!chosen.once) say('  ./formaops doctor looks for the cause.');
  return 'failed';
}

/** The API's end ends the stack; a worker's does not, for it is started again. */
async function untilEnd(stack: LocalStack, interrupted: Promise<string>): Promise<number> {
  const reason = await Promise.race([interrupted, stack.api.ended]);
  if (reason === 'interrupted') return 0;
  say(`The API ended (${reason}); see .formaops/logs/api.log`);
  return 1;
}
