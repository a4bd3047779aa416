/** What a job carries besides its id, which names the execution: a version. Everything else is in PostgreSQL. */
export interface ExecutionBell {
  readonly v: 1;
}

/** Which ringing of which execution; the epoch is counted in PostgreSQL and grows with every ringing. */
export interface BellId {
  readonly executionId: string;
  /** 0, 1, 2, … */
  readonly epoch: number;
}

/** What a job turned out to be; a version of a newer release is `unknown`, never an exception. */
export type ParsedBell =
  | ({ readonly kind: 'bell'; readonly jobId: string } & BellId)
  | { readonly kind: 'unknown' };

/**
 * The job id of a bell, `<executionId>_<epoch>`. BullMQ silently ignores an id it still knows, also that of a
 * finished job, so a further ringing needs a further epoch. It refuses ids with a colon and ids of digits only.
 */
export function bellJobId({ executionId, epoch }: BellId): string {
  return `${executionId}_${epoch}`;
}

/** The payload of every job that rings for an execution. */
export const bellPayload: ExecutionBell = { v: 1 };

/** Reads a job back. */
export function parseBell(jobId = '', data: unknown): ParsedBell {
  const executionId = executionIdOf(jobId);
  if (executionId === null || !isBell(data)) return { kind: 'unknown' };
  return { kind: 'bell', jobId, executionId, epoch: Number(jobId.slice(executionId.length + 1)) };
}

/** @returns the execution that a job rings for; null when the job is something else. */
export function executionIdOf(jobId: string): string | null {
  return /^(.+)_\d+$/.exec(jobId)?.[1] ?? null;
}

function isBell(data: unknown): data is ExecutionBell {
  return typeof data === 'object' && data !== null && 'v' in data && data.v === 1;
}
