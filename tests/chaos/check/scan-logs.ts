import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** What the processes' logs say. */
export interface LogScan {
  /** Lines that hold a secret, cut short, and without it. */
  secrets: string[];
  /** Lines about errors that nobody handled. */
  unhandled: string[];
  /** Late results that were refused. */
  fencedWrites: number;
  rescued: number;
  expired: number;
  rung: number;
  locksLost: number;
  stalledBells: number;
}

const unhandled = /unhandled|uncaught|triggerUncaughtException|ERR_UNHANDLED/i;

export async function scanLogs(files: readonly string[], secrets: readonly string[]): Promise<LogScan> {
  const scan: LogScan = {
    secrets: [],
    unhandled: [],
    fencedWrites: 0,
    rescued: 0,
    expired: 0,
    rung: 0,
    locksLost: 0,
    stalledBells: 0,
  };
  for (const file of files)
    for await (const line of createInterface({ input: createReadStream(file) }))
      scanLine(scan, line, secrets);
  return scan;
}

function scanLine(scan: LogScan, line: string, secrets: readonly string[]): void {
  const secret = secrets.find((one) => line.includes(one));
  if (secret !== undefined) scan.secrets.push(line.replaceAll(secret, '[secret]').slice(0, 300));
  if (unhandled.test(line)) scan.unhandled.push(line.slice(0, 300));
  if (line.includes('"late result refused"')) scan.fencedWrites += 1;
  if (line.includes('"lock of bells lost"')) scan.locksLost += 1;
  if (line.includes('"bell of a dead worker found"')) scan.stalledBells += 1;
  if (line.includes('"executions maintained"')) {
    for (const name of ['rescued', 'expired', 'rung'] as const)
      scan[name] += Number(new RegExp(`"${name}":(\\d+)`).exec(line)?.[1] ?? 0);
  }
}
