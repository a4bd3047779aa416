import { Worker } from 'node:worker_threads';
import type { ValidationType } from '@formaops/core';
import { functionKind } from '../function/function-kind.ts';
import type { Kind } from '../kind.ts';
import { regexKind } from '../regex/regex-kind.ts';
import { schemaKind } from '../schema/schema-kind.ts';
import type { Reply, Run } from './protocol.ts';

/*
 * The process in which validations run, started and at any moment killed by start-child.ts. Nothing in it is worth
 * having: no environment, no file that can be written, no connection but the one to its parent.
 */

const kinds: Record<ValidationType, Kind> = { SCHEMA: schemaKind, REGEX: regexKind, FUNCTION: functionKind };

process.on('message', async (run: Run) => {
  send('started');
  const { judge, check } = kinds[run.type];
  const result = run.task === 'judge' ? await judge(run) : await check(run);
  send({ ...result, residentMb: process.memoryUsage.rss() / 1_048_576 });
});
process.on('disconnect', () => process.exit());
ignoreTerminal();
watchParent();
await warmUp();
send('ready');

function send(message: 'ready' | 'started' | Reply): void {
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
    // It needs 4 MB to start without Node's own snapshot, which isolated-vm forbids, and sometimes a little more.
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
}

/** The first schema costs 50 ms more than the later ones; that is not the tenant's time. */
async function warmUp(): Promise<void> {
  const of = { tenantId: '', configHash: '', task: 'judge', output: '{}', wantsValue: false } as const;
  await schemaKind.judge({ ...of, type: 'SCHEMA', config: {} });
  await regexKind.judge({ ...of, type: 'REGEX', config: { pattern: '', flags: '', mustMatch: true } });
  const config = { source: '() => true', timeoutMs: 1_000, memoryMb: 32 };
  await functionKind.judge({ ...of, type: 'FUNCTION', config });
}
