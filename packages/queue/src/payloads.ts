/** What a job carries: a version and an id. Everything else is in PostgreSQL. */
export interface ExecutionBell {
  readonly v: 1;
  readonly executionId: string;
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

/** @returns the payload of the job that rings for this execution. */
export function bellPayload(executionId: string): ExecutionBell {
  return { v: 1, executionId };
}

/** Reads a job back. The id of the execution must be the same in the job's id and in its data. */
export function parseBell(jobId = '', data: unknown): ParsedBell {
  const [, executionId, epoch] = /^(.+)_(\d+)$/.exec(jobId) ?? [];
  if (executionId === undefined || !isBell(data) || data.executionId !== executionId)
    return { kind: 'unknown' };
  return { kind: 'bell', jobId, executionId, epoch: Number(epoch) };
}

function isBell(data: unknown): data is ExecutionBell {
  return typeof data === 'object' && data !== null && 'v' in data && data.v === 1 && 'executionId' in data;
}
