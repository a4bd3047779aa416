import { readFile } from 'node:fs/promises';

const intervalMs = 50;

/**
 * Calls `onExceeded` once a process is seen to occupy more than `capMb` megabytes, looking every 50 ms: memory outside
 * V8's heap has no other limit. Only Linux tells (proc_pid_status(5)); elsewhere it is never called.
 *
 * @returns ends the watching.
 */
export function watchResidentMemory(
  pid: number | undefined,
  capMb: number,
  onExceeded: () => void,
): () => void {
  let isWatching = true;
  const timer = setInterval(async () => {
    const residentMb = await readResidentMb(pid);
    if (isWatching && residentMb > capMb) onExceeded();
  }, intervalMs);
  return () => {
    isWatching = false;
    clearInterval(timer);
  };
}

async function readResidentMb(pid: number | undefined): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    // No such file: another system, or the process has just ended.
    return 0;
  }
}
