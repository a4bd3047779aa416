/** Wall-clock time and a monotonic clock; injected so that decisions can be tested. */
export interface Clock {
  /** Wall-clock time. */
  now(): Date;
  /** Milliseconds on a clock that never goes back; only differences mean anything. */
  monotonicMs(): number;
}

/** A number in [0, 1). */
export type Random = () => number;

/**
 * Structured logging. Messages are constant, past tense and short; everything variable is a field.
 * Shaped so that a pino logger fits as it is.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}
