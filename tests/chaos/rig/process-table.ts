import { readdirSync, readFileSync } from 'node:fs';

/** A process of this machine; pids come back, start times tell them apart. */
export interface ProcessId {
  pid: number;
  /** In the kernel's clock ticks since it started; empty where there is no /proc. */
  startedAt: string;
}

/** What a process uses right now; null when it is gone or cannot be asked. */
export interface ProcessUse {
  rssMb: number;
  openFiles: number;
}

const pageMb = 4_096 / 1_048_576;

/** All that descend from a process. Empty on systems without /proc. */
export function descendantsOf(pid: number): ProcessId[] {
  const children = readText(`/proc/${pid}/task/${pid}/children`)?.trim() ?? '';
  const pids = children === '' ? [] : children.split(' ').map(Number);
  return pids.flatMap((child) => [{ pid: child, startedAt: startOf(child) ?? '' }, ...descendantsOf(child)]);
}

/** @returns whether this very process is there and is more than a dead entry that nobody has asked about yet. */
export function isAlive({ pid, startedAt }: ProcessId): boolean {
  return startedAt !== '' && startOf(pid) === startedAt && stateOf(pid) !== 'Z';
}

export function useOf(pid: number): ProcessUse | null {
  const pages = readText(`/proc/${pid}/statm`)?.split(' ')[1];
  if (pages === undefined) return null;
  try {
    return { rssMb: Number(pages) * pageMb, openFiles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return null;
  }
}

// The second field is a name in parentheses, which may hold spaces (proc_pid_stat(5)).
function statOf(pid: number): string[] | undefined {
  return readText(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ');
}

function stateOf(pid: number): string | undefined {
  return statOf(pid)?.[0];
}

function startOf(pid: number): string | undefined {
  return statOf(pid)?.[19];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
