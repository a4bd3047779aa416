import type { Logger } from '@formaops/core';

export interface Flusher {
  start(): void;
  /** Flushes once more, then never again. */
  stop(): Promise<void>;
}

/** Calls `flush` every `intervalMs`. What a failed flush held is lost: this is only for facts that may be. */
export function createFlusher(intervalMs: number, log: Logger, flush: () => Promise<void>): Flusher {
  let timer: NodeJS.Timeout | undefined;
  const flushSafely = async () => {
    try {
      await flush();
    } catch (error) {
      log.warn({ err: error }, 'note not written');
    }
  };
  return {
    start() {
      timer = setInterval(() => void flushSafely(), intervalMs);
    },
    async stop() {
      clearInterval(timer);
      await flushSafely();
    },
  };
}
