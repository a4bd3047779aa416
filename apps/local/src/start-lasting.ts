import { setTimeout as wait } from 'node:timers/promises';
import type { RunningProcess } from './child-process.ts';
import { say } from './progress.ts';

/** A process that is there again after it has ended by itself. */
export type LastingProcess = Pick<RunningProcess, 'name' | 'stop'>;

/** Before each new start, in milliseconds: a worker that cannot work must not keep the machine busy. */
const pauseMs = 2_000;

/**
 * Starts a process, and starts it again when it ends by itself: workers end with exit code 1 when only a new process
 * helps, and rely on somebody who makes one.
 *
 * @throws what `start` throws the first time; later that is said, and tried again.
 */
export async function startLasting(
  start: (stopping: AbortSignal) => Promise<RunningProcess>,
  stopping: AbortSignal,
): Promise<LastingProcess> {
  const own = new AbortController();
  const ending = AbortSignal.any([stopping, own.signal]);
  let current = await start(ending);
  const { name } = current;

  async function keep(): Promise<void> {
    let how = await current.ended;
    while (!ending.aborted) {
      say(`${name} ended (${how}) and is started again; see .formaops/logs/${name}.log`);
      try {
        await wait(pauseMs, undefined, { signal: ending });
        current = await start(ending);
        how = await current.ended;
      } catch (error) {
        how = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      }
    }
  }

  const kept = keep();
  return {
    name,
    async stop() {
      own.abort();
      await current.stop();
      await kept;
    },
  };
}
