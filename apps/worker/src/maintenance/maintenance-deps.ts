import type { Logger } from '@formaops/core';
import type { Queryable, RunningCaps } from '@formaops/db';
import type { EventPublisher, Producer, Signals } from '@formaops/queue';

export interface MaintenanceDeps {
  db: Queryable;
  producer: Pick<Producer, 'ring' | 'known' | 'counts'>;
  signals: Pick<Signals, 'publishFinished'>;
  events: Pick<EventPublisher, 'changed'>;
  log: Logger;
  /** Production's are the defaults of `BELL_LOST_MS` and `BELL_REPEAT_MS`. */
  bellTimes: { lostMs: number; repeatMs: number };
  runningCaps: RunningCaps;
  /** Whether leases that are over are really lost: right after an outage their holders may be about to prolong them. */
  mayRescue(): boolean;
  /** Called whenever the database was away, or leases could not be looked at. */
  onAway(): void;
  /** Whether this worker would fetch a bell if there were one. */
  isIdle(): boolean;
}
