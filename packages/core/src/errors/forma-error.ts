import { type CatalogueEntry, catalogue, type ErrorCode } from './catalogue.ts';

const brand = Symbol.for('formaops.error');

export interface FormaErrorOptions {
  /** Safe to show to the user; the catalogue's title when left out. */
  message?: string;
  /** Structured and free of secrets; shown to the user. */
  details?: Record<string, unknown>;
  /** The original, for logs only. */
  cause?: unknown;
  /** How long to wait before trying again, in milliseconds, when somebody told us. */
  retryAfterMs?: number;
}

/** The one error of the product. What it means is looked up in the catalogue by its code. */
export class FormaError extends Error {
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, options: FormaErrorOptions = {}) {
    super(options.message ?? catalogue[code].title, { cause: options.cause });
    this.name = 'FormaError';
    this.code = code;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }

  get entry(): CatalogueEntry {
    return catalogue[this.code];
  }
}

/** Recognises ours by a brand, because two copies of this module may be loaded. */
export function isFormaError(error: unknown): error is FormaError {
  return typeof error === 'object' && error !== null && brand in error;
}
