import type { Clock, Random } from '@formaops/core';
import { isDatabaseBusy, isDatabaseUnavailable } from '@formaops/db';
import { maintain } from './maintain.ts';
import type { MaintenanceDeps } from './maintenance-deps.ts';

export interface MaintenanceLoop {
  start(): void;
  /** Fulfilled when the pass under way, if any, is over; it ends with its present batch. */
  stop(): Promise<void>;
  /** How long ago a batch of a pass began, a pass ended, well or badly, or the loop was started, in milliseconds. */
  sinceLastPassMs(): number;
}

/** Repeats {@link maintain}; jitter of a quarter keeps the workers' passes apart. A pass that fails is logged. */
export function createMaintenanceLoop(
  deps: MaintenanceDeps & { intervalMs: number; random: Random; clock: Pick<Clock, 'monotonicMs'> },
): MaintenanceLoop {
  let timer: NodeJS.Timeout | undefined;
  let pass = Promise.resolve();
  let stopped = false;
  let lastProgressAt = deps.clock.monotonicMs();

  const schedule = () => {
    lastProgressAt = deps.clock.monotonicMs();
    if (!stopped) timer = setTimeout(run, deps.intervalMs * (0.75 + deps.random() / 2));
  };
  const next = () => {
    lastProgressAt = deps.clock.monotonicMs();
    return !stopped;
  };
  const run = () => {
    pass = maintain(deps, { next })
      .catch((error: unknown) => {
        deps.log.warn({ err: error }, 'maintenance failed');
        // One statement that takes too long in each pass must not keep all others from rescuing for ever.
        if (isDatabaseUnavailable(error) && !isDatabaseBusy(error)) deps.onAway();
      })
      .then(schedule);
  };
  return {
    start: schedule,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await pass;
    },
    sinceLastPassMs: () => deps.clock.monotonicMs() - lastProgressAt,
  };
}
