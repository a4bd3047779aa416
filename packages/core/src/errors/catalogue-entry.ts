/** Who has to act so that the error goes away. */
export type Fault = 'caller' | 'provider' | 'output' | 'system';

export interface CatalogueEntry {
  /** What the API answers when this code ends a request. */
  readonly httpStatus: number;
  /** Whether the same call may succeed later, without a change by the caller. */
  readonly retryable: boolean;
  readonly fault: Fault;
  /** Short and stable; the RFC 9457 `title`. */
  readonly title: string;
  /** What the reader should do next. */
  readonly advice: string;
}
