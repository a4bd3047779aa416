import { type DueDelivery, takeDueDeliveries } from '@formaops/db';
import { type DeliverDeps, deliver } from './deliver.ts';

export interface DeliveryLoopOptions {
  /** Deliveries that are sent at the same time. */
  concurrency: number;
  /** How often to look for what is due, in milliseconds; with jitter of a quarter. */
  intervalMs: number;
  /** What was taken and not written down in this time is sent again by somebody else, in milliseconds. */
  leaseMs?: number;
}

export interface DeliveryLoop {
  start(): void;
  /** Takes nothing more, and waits for what is under way; after the grace period that is given back. */
  stop(options: { graceMs: number }): Promise<void>;
}

/** Three times what one sending may take. */
const defaultLeaseMs = 30_000;

/** Sent to one host at the same time, at most: one that is slow must not use up the others' room. */
const perHost = 4;

/**
 * Looks for deliveries that are due and sends them. With nothing due a look is one probe of an index. While there is more
 * than fits, the next look comes as soon as something has ended. A look that fails is logged, and repeated.
 */
export function createDeliveryLoop(deps: DeliverDeps, options: DeliveryLoopOptions): DeliveryLoop {
  const { db, random, log } = deps;
  const { concurrency, intervalMs, leaseMs = defaultLeaseMs } = options;
  const perUser = Math.max(perHost, Math.ceil(concurrency / 2));
  const underWay = new Map<DueDelivery, Promise<void>>();
  const graceOver = new AbortController();
  let isStopping = false;
  let hasEnded = false;
  /** Ends the pause between two looks. */
  let wake: () => void = ignore;
  let running: Promise<void> = Promise.resolve();

  async function look(): Promise<number> {
    const limit = concurrency - underWay.size;
    if (limit === 0) return 0;
    const busy = [...underWay.keys()];
    const taken = await takeDueDeliveries(db, { limit, leaseMs, perHost, perUser, underWay: busy });
    for (const due of taken) underWay.set(due, send(due));
    return taken.length;
  }

  async function send(due: DueDelivery): Promise<void> {
    try {
      await deliver(due, graceOver.signal, deps);
    } catch (error) {
      log.warn({ err: error, deliveryId: due.id }, 'webhook result not written');
    }
    underWay.delete(due);
    hasEnded = true;
    wake();
  }

  async function run(): Promise<void> {
    while (!isStopping) {
      hasEnded = false;
      const taken = await look().catch((error: unknown) => {
        log.warn({ err: error }, 'webhooks not looked for');
        return 0;
      });
      // What was taken may not have been all: there is more to look for as soon as there is room.
      const mayBeMore = taken > 0 || underWay.size === concurrency;
      if (!(mayBeMore && hasEnded)) await pause(mayBeMore);
    }
  }

  async function pause(untilOneEnds: boolean): Promise<void> {
    if (isStopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, intervalMs * (0.75 + random() / 2));
    wake = () => {
      if (untilOneEnds || isStopping) resolve();
    };
    await promise;
    clearTimeout(timer);
    wake = ignore;
  }

  return {
    start() {
      running = run();
    },
    async stop({ graceMs }) {
      isStopping = true;
      wake();
      const timer = setTimeout(() => graceOver.abort(), graceMs);
      await running;
      await Promise.all(underWay.values());
      clearTimeout(timer);
    },
  };
}

function ignore(): void {
  // Nobody waits.
}
