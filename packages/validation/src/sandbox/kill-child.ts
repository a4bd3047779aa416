import type { ChildProcess } from 'node:child_process';

/**
 * Kills a process at once, whatever it is doing. From now on it keeps ours alive until its end was seen, so that
 * whoever waits for that end is not left waiting.
 */
export function killChild(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
  child.kill('SIGKILL');
}
