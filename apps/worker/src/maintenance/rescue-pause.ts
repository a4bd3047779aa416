import type { Clock } from '@formaops/core';

export interface RescuePause {
  /** Begins now, or anew. */
  begin(): void;
  isOver(): boolean;
}

/**
 * Right after an outage every lease may look lost, and the live holders prolong theirs within a heartbeat: for so long
 * nobody takes any back. A process that has just started does not know whether there was an outage, so it begins paused.
 *
 * @param pauseMs how long holders may need to prolong their leases, in milliseconds.
 */
export function createRescuePause(clock: Pick<Clock, 'monotonicMs'>, pauseMs: number): RescuePause {
  let beganAtMs = clock.monotonicMs();
  return {
    begin() {
      beganAtMs = clock.monotonicMs();
    },
    isOver: () => clock.monotonicMs() - beganAtMs > pauseMs,
  };
}
