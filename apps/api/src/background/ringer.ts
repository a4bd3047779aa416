import type { Execution, Logger } from '@formaops/core';
import type { Bell, Producer } from '@formaops/queue';
import type { Failpoint } from '@formaops/runtime';
import type { RingReceipts } from './ring-receipts.ts';

export interface RingerDeps {
  producer: Pick<Producer, 'ring'>;
  ringReceipts: RingReceipts;
  failpoint: Failpoint;
  log: Logger;
}

export interface Ringer {
  /**
   * Rings for a stored execution, for half a second at most. Never fails: the row is the truth, and workers ring for
   * rows whose bell nobody heard.
   *
   * @param stored.isTakenForRung whether the row says already that it was rung for.
   * @returns fulfilled at once, or when it has rung while many others are being rung for.
   */
  ring(execution: Execution, stored: { isTakenForRung: boolean }): Promise<void>;
  /** Fulfilled when every bell has been rung or given up. */
  stop(): Promise<void>;
}

/** While the queue still has so many bells to take, whoever submits one more waits for it: a slow queue slows them down. */
const maxUnderWay = 500;

/** Rings behind the answer: what was submitted is stored, and runs whether or not its bell is heard. */
export function createRinger({ producer, ringReceipts, failpoint, log }: RingerDeps): Ringer {
  let underWay = 0;
  let idle = Promise.withResolvers<void>();

  async function ring(execution: Execution, { isTakenForRung }: { isTakenForRung: boolean }): Promise<void> {
    const { id } = execution;
    underWay += 1;
    failpoint('before_enqueue');
    try {
      await producer.ring([bellOf(execution)]);
      if (!isTakenForRung) ringReceipts.note([id]);
    } catch (error) {
      log.warn({ err: error, executionId: id }, 'bell not rung');
      if (isTakenForRung) ringReceipts.takeBack([id]);
    } finally {
      underWay -= 1;
      if (underWay === 0) idle.resolve();
    }
  }

  return {
    async ring(execution, stored) {
      const rung = ring(execution, stored);
      if (underWay > maxUnderWay) await rung;
    },
    async stop() {
      if (underWay === 0) return;
      idle = Promise.withResolvers();
      await idle.promise;
    },
  };
}

/** It comes when the execution may start, by the clock that stored it. */
function bellOf({ id, priority, createdAt, runAt }: Execution): Bell {
  const bell = { executionId: id, epoch: 0, priority, submittedAt: runAt ?? createdAt };
  return runAt === null ? bell : { ...bell, delayMs: runAt.getTime() - createdAt.getTime() };
}
