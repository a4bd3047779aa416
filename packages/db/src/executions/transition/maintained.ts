import type { ExecutionStatus, Priority } from '@formaops/core';
import { waitsSince } from './waits-since.ts';

/** What maintenance did to an execution: ended it, or made it due again. */
export interface Maintained {
  id: string;
  userId: string;
  status: ExecutionStatus;
  priority: Priority;
  /** When it was submitted, or may start. */
  waitsSince: Date;
  /** Number of the latest ring of its bell. */
  epoch: number;
}

export interface MaintainedRow {
  id: string;
  user_id: string;
  status: ExecutionStatus;
  priority: Priority;
  waits_since: Date;
  enqueue_epoch: number;
}

/** The columns of {@link MaintainedRow}, for `RETURNING`; `x` is the table's alias. */
export const maintainedColumns = `x.id, x.user_id, x.status, x.priority, ${waitsSince('x')} AS waits_since, x.enqueue_epoch`;

export function toMaintained(row: MaintainedRow): Maintained {
  return {
    id: row.id,
    userId: row.user_id,
    status: row.status,
    priority: row.priority,
    waitsSince: row.waits_since,
    epoch: row.enqueue_epoch,
  };
}
