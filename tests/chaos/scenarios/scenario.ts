import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from '../options.ts';
import { repositoryRoot } from '../rig/repository-root.ts';
import { type Rig, type RigOptions, startRig } from '../rig/rig.ts';

export interface ScenarioContext {
  backend: Backend;
  seed: number;
  /** How often `enqueue-kills` kills. */
  kills: number;
  log(line: string): void;
}

/** What a scenario found: what it measured, and what must not be. */
export interface ScenarioResult {
  measured: Record<string, unknown>;
  problems: string[];
}

export type Scenario = (context: ScenarioContext) => Promise<ScenarioResult>;

/** A rig for the time of `work`. */
export async function withRig<T>(
  { backend, seed }: ScenarioContext,
  options: Omit<RigOptions, 'backend' | 'dir'> & { name: string },
  work: (rig: Rig) => Promise<T>,
): Promise<T> {
  const dir = join(repositoryRoot, '.formaops/chaos', `${options.name}-${seed}-${backend}`);
  const rig = await startRig({ ...options, backend, dir });
  try {
    await Promise.all(rig.processes.map((one) => one.ready()));
    return await work(rig);
  } finally {
    await rig.close();
    for (const data of ['postgres', 'redis']) await rm(join(dir, data), { recursive: true, force: true });
  }
}

/** Asks every tenth of a second until the answer is yes. @returns after how many milliseconds; null: never. */
export async function until(limitMs: number, ask: () => Promise<boolean>): Promise<number | null> {
  const startedAt = Date.now();
  for (;;) {
    if (await ask()) return Date.now() - startedAt;
    if (Date.now() - startedAt > limitMs) return null;
    await sleep(100);
  }
}

/** How many executions are in which status. */
export async function countStatuses({ db }: Rig): Promise<Record<string, number>> {
  const { rows } = await db.query<{ status: string; count: number }>(
    'SELECT status, count(*)::int AS count FROM executions GROUP BY status',
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

/** Processes that ended although nobody wanted it. */
export function unexpectedEnds({ processes }: Rig): string[] {
  return processes
    .flatMap(({ lives }) => lives)
    .filter(({ reason }) => reason === 'unexpected')
    .map(({ process, code }) => `${process} ended by itself: ${code}`);
}
