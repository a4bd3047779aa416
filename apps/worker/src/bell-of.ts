import type { Maintained } from '@formaops/db';
import type { Bell } from '@formaops/queue';

/** The bell that maintenance rings for an execution. */
export function bellOf({ id, epoch, priority, waitsSince }: Maintained): Bell {
  return { executionId: id, epoch, priority, submittedAt: waitsSince };
}
