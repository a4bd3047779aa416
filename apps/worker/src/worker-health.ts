import type { QueueHealth } from '@formaops/queue';

export interface WorkerHealthDeps {
  isStopping(): boolean;
  /** Whether the watchdog has given up. */
  isStuck(): boolean;
  /** How long ago a pass of maintenance ended, well or badly, in milliseconds. */
  sinceMaintenanceMs(): number;
  /** Longer than this means that it hangs, in milliseconds. */
  maintenancePatienceMs: number;
  isDatabaseUp(): Promise<boolean>;
  checkQueue(): Promise<QueueHealth>;
}

export interface HealthAnswer {
  status: 200 | 503;
  body: Record<string, string>;
}

export interface WorkerHealth {
  /** 503 when only a new process helps. What is down elsewhere does not count: a new process would not help. */
  live(): HealthAnswer;
  /** 503 while this worker cannot do its work, or should not begin any. */
  ready(): Promise<HealthAnswer>;
}

/** What a worker tells an orchestrator about itself; what is wrong stands in the body. */
export function createWorkerHealth(deps: WorkerHealthDeps): WorkerHealth {
  return {
    live(): HealthAnswer {
      if (deps.isStuck())
        return { status: 503, body: { status: 'stuck', problem: 'waiting bells not fetched' } };
      if (!deps.isStopping() && deps.sinceMaintenanceMs() > deps.maintenancePatienceMs)
        return { status: 503, body: { status: 'stuck', problem: 'maintenance hangs' } };
      return { status: 200, body: { status: 'live' } };
    },
    async ready() {
      const [isDatabaseUp, queue] = await Promise.all([deps.isDatabaseUp(), deps.checkQueue()]);
      const isReady = isDatabaseUp && queue.state === 'ready' && !deps.isStopping();
      return {
        status: isReady ? 200 : 503,
        body: {
          status: isReady ? 'ready' : deps.isStopping() ? 'stopping' : 'not ready',
          database: isDatabaseUp ? 'up' : 'down',
          ...describeQueue(queue),
        },
      };
    },
  };
}

function describeQueue(queue: QueueHealth): Record<string, string> {
  if (queue.state === 'unfit') return { queue: 'unfit', queueProblem: queue.reason };
  return { queue: queue.state === 'ready' ? 'up' : 'down' };
}
