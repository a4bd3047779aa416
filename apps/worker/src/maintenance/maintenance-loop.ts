import type { Clock, Random } from '@formaops/core';
import { maintain } from './maintain.ts';
import type { MaintenanceDeps } from './maintenance-deps.ts';

export interface MaintenanceLoop {
  start(): void;
  /** Fulfilled when the pass under way, if any, is over. */
  stop(): Promise<void>;
  /** How long ago a pass ended, well or badly, or the loop was started, in milliseconds. */
  sinceLastPassMs(): number;
}

/** Repeats {@link maintain}; jitter of a quarter keeps the workers' passes apart. A pass that fails is logged. */
export function createMaintenanceLoop(
  deps: MaintenanceDeps & { intervalMs: number; random: Random; clock: Pick<Clock, 'monotonicMs'> },
): MaintenanceLoop {
  let timer: NodeJS.Timeout | undefined;
  let pass = Promise.resolve();
  let stopped = false;
  let lastEndAt = deps.clock.monotonicMs();

  const schedule = () => {
    lastEndAt = deps.clock.monotonicMs();
    if (!stopped) timer = setTimeout(run, deps.intervalMs * (0.75 + deps.random() / 2));
  };
  const run = () => {
    pass = maintain(deps)
      .catch((error: unknown) => deps.log.warn({ err: error }, 'maintenance failed'))
      .then(schedule);
  };
  return {
    start: schedule,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await pass;
    },
    sinceLastPassMs: () => deps.clock.monotonicMs() - lastEndAt,
  };
}
