export interface ShutdownOptions {
  /** Ends the process with exit code 1 when stopping takes longer, in milliseconds. */
  hardLimitMs: number;
  log: { info(fields: object, message: string): void; error(fields: object, message: string): void };
}

/**
 * Calls `stop` once, on SIGTERM, on SIGINT, or when the process that started this one is gone (its IPC channel closes),
 * and then ends the process with exit code 0. Further signals change nothing.
 *
 * @returns a function that does the same because the process cannot go on: it ends with exit code 1.
 */
export function onShutdown(
  stop: () => Promise<void>,
  { hardLimitMs, log }: ShutdownOptions,
): (reason: string) => void {
  let stopping = false;
  const begin = (reason: string, exitCode: 0 | 1) => {
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
        process.exit(exitCode);
      },
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => begin('SIGTERM', 0));
  process.on('SIGINT', () => begin('SIGINT', 0));
  process.on('disconnect', () => begin('parent gone', 0));
  return (reason) => begin(reason, 1);
}
