import { setTimeout as sleep } from 'node:timers/promises';

/** @returns whether it came about in time. */
export async function until(check: () => Promise<boolean>, seconds: number): Promise<boolean> {
  const deadline = performance.now() + seconds * 1_000;
  while (performance.now() < deadline) {
    if (await check()) return true;
    await sleep(50);
  }
  return false;
}
