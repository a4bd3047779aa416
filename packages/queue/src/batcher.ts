export interface BatcherOptions {
  /** Sends one batch; a rejected batch is reported and dropped. */
  send(ids: string[]): Promise<void>;
  reportError(error: unknown): void;
  maxPerBatch: number;
  /** What comes in while so many ids wait is dropped. */
  maxWaiting: number;
  /** Started with every batch; the next one waits for it. */
  pause(): Promise<unknown>;
}

/**
 * Gathers ids and sends them in batches, one batch at a time. The first id goes out at once; the busier it gets,
 * the more of them share a batch. An id that is still waiting is not added twice.
 */
export function createBatcher(options: BatcherOptions): (ids: readonly string[]) => void {
  const { maxPerBatch, maxWaiting, send, pause, reportError } = options;
  const waiting = new Set<string>();
  let isSending = false;

  async function sendAll(): Promise<void> {
    isSending = true;
    while (waiting.size > 0) {
      const ids = waiting.values().take(maxPerBatch).toArray();
      for (const id of ids) waiting.delete(id);
      await Promise.all([send(ids).catch(reportError), pause()]);
    }
    isSending = false;
  }

  return (ids) => {
    const room = Math.max(0, maxWaiting - waiting.size);
    for (const id of ids.slice(0, room)) waiting.add(id);
    if (ids.length > room)
      reportError(new Error('messages were dropped because they could not be sent in time'));
    if (!isSending) void sendAll();
  };
}
