import { readFileSync } from 'node:fs';

/** Who used the CPU: process ids by the part they play. */
export type Roles = Readonly<Record<string, readonly number[]>>;

/** CPU time used so far, in milliseconds. */
export interface CpuSample {
  roles: Record<string, number>;
  /** The whole machine, idle time left out. */
  machine: number;
  /** What the hypervisor gave to others. */
  stolen: number;
  at: number;
}

/** proc(5) counts in ticks of 10 ms on every Linux that Node runs on. */
const tickMs = 10;

/**
 * Reads how much CPU time each role has used. Unlike throughput it hardly depends on what else the machine does. A
 * process counts with its children, also those that have ended; for PostgreSQL that is one for each connection. The
 * process that measures is `bench`.
 */
export function sampleCpu(roles: Roles): CpuSample {
  const [machine, stolen] = machineMs();
  return {
    roles: {
      ...Object.fromEntries(Object.entries(roles).map(([role, pids]) => [role, sum(pids.map(cpuMsOfTree))])),
      bench: cpuMsOf(process.pid),
    },
    machine,
    stolen,
    at: performance.now(),
  };
}

export interface CpuUse {
  /** CPU-ms per execution, by role. */
  perExecution: Record<string, number>;
  /** What everybody else used of the machine, as a share of one core: the noise. */
  othersShare: number;
  stolenShare: number;
}

export function cpuBetween(from: CpuSample, to: CpuSample, executions: number): CpuUse {
  const used = Object.entries(to.roles).map(([role, ms]) => [role, ms - (from.roles[role] ?? 0)] as const);
  const elapsed = to.at - from.at;
  const others = to.machine - from.machine - sum(used.map(([, ms]) => ms));
  return {
    perExecution: Object.fromEntries(used.map(([role, ms]) => [role, ms / executions])),
    othersShare: Math.max(0, others / elapsed),
    stolenShare: (to.stolen - from.stolen) / elapsed,
  };
}

/** Resident memory of a process without its children, in MB. */
export function residentMb(pid: number): number {
  const status = readText(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
}

export function descendantsOf(pid: number): number[] {
  const children = readText(`/proc/${pid}/task/${pid}/children`).trim();
  return children === ''
    ? []
    : children
        .split(' ')
        .map(Number)
        .flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Its own CPU time, without children. */
export function cpuMsOf(pid: number): number {
  const fields = statOf(pid);
  return fields ? tickMs * (Number(fields[11]) + Number(fields[12])) : 0;
}

function cpuMsOfTree(root: number): number {
  return sum([root, ...descendantsOf(root)].map(cpuMsWithDead));
}

function cpuMsWithDead(pid: number): number {
  const fields = statOf(pid);
  return fields ? tickMs * sum([11, 12, 13, 14].map((at) => Number(fields[at]))) : 0;
}

// The second field is a name in parentheses, which may hold spaces (proc_pid_stat(5)); the rest starts with the third.
function statOf(pid: number): string[] | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text === '' ? undefined : text.split(') ').at(-1)?.split(' ');
}

function machineMs(): [busy: number, stolen: number] {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] =
    /^cpu +(.*)$/m.exec(readText('/proc/stat'))?.[1]?.split(' ').map(Number) ?? [];
  return [tickMs * (user + nice + system + irq + softirq), tickMs * stolen];
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended, or this is not Linux; then there are no figures.
    return '';
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
