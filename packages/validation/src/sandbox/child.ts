import { Worker } from 'node:worker_threads';
import type { AvailableType } from '../judge.ts';
import { validateSchema } from '../schema/validate-schema.ts';
import type { RunReply, RunRequest, RunResult } from './protocol.ts';

/*
 * The process in which validations run, started and at any moment killed by start-child.ts. Nothing in it is worth
 * having: no environment, no file that can be written, no connection but the one to its parent.
 */

const runners: Record<AvailableType, (request: RunRequest) => RunResult> = { SCHEMA: validateSchema };

process.on('message', (request: RunRequest) => {
  send('started');
  const result = runners[request.type](request);
  send({ ...result, residentMb: process.memoryUsage.rss() / 1_048_576 });
});
process.on('disconnect', () => process.exit());
ignoreTerminal();
watchParent();
warmUp();
send('ready');

function send(message: 'ready' | 'started' | RunReply): void {
  process.send?.(message);
}

/** A terminal sends Ctrl-C to the parent's whole process group; the parent may still want verdicts, and ends us. */
function ignoreTerminal(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
}

/**
 * A run that never ends also never sees the connection close. So that it does not outlive a killed parent, a second
 * thread looks whether the parent has changed. It is JavaScript in a string because a file would load the TypeScript
 * loader into the thread (12 instead of 24 MB).
 */
function watchParent(): void {
  const source = `
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1_000);
  `;
  new Worker(source, {
    eval: true,
    resourceLimits: { maxOldGenerationSizeMb: 4, maxYoungGenerationSizeMb: 1 },
  });
}

/** The first schema costs 50 ms more than the later ones; that is not the tenant's time. */
function warmUp(): void {
  validateSchema({ type: 'SCHEMA', config: {}, configHash: '', output: '{}', wantsValue: false });
}
