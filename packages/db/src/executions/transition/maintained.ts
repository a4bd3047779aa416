import type { ExecutionStatus, Priority } from '@formaops/core';

/** What maintenance did to an execution: ended it, or made it due again. */
export interface Maintained {
  id: string;
  status: ExecutionStatus;
  priority: Priority;
  createdAt: Date;
  /** Number of the latest ring of its bell. */
  epoch: number;
}

export interface MaintainedRow {
  id: string;
  status: ExecutionStatus;
  priority: Priority;
  created_at: Date;
  enqueue_epoch: number;
}

/** The columns of {@link MaintainedRow}, for `RETURNING`; `x` is the table's alias. */
export const maintainedColumns = 'x.id, x.status, x.priority, x.created_at, x.enqueue_epoch';

export function toMaintained(row: MaintainedRow): Maintained {
  return {
    id: row.id,
    status: row.status,
    priority: row.priority,
    createdAt: row.created_at,
    epoch: row.enqueue_epoch,
  };
}
