export interface ShutdownOptions {
  /** Ends the process with exit code 1 when stopping takes longer, in milliseconds. */
  hardLimitMs: number;
  log: { info(fields: object, message: string): void; error(fields: object, message: string): void };
}

/**
 * Calls `stop` once, on SIGTERM, on SIGINT, or when the process that started this one is gone (its IPC channel closes),
 * and then ends the process with exit code 0. Further signals change nothing.
 */
export function onShutdown(stop: () => Promise<void>, { hardLimitMs, log }: ShutdownOptions): void {
  let stopping = false;
  const begin = (reason: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => {
      log.error({ hardLimitMs }, 'stopping took too long');
      process.exit(1);
    }, hardLimitMs);
    stop().then(
      () => {
        log.info({}, 'stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => begin('SIGTERM'));
  process.on('SIGINT', () => begin('SIGINT'));
  process.on('disconnect', () => begin('parent gone'));
}
