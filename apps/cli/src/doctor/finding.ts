/** What a check found. */
export interface Finding {
  /** What was looked at. */
  subject: string;
  /** `warning`: it works, and somebody should look. `skipped`: nothing says where it is. */
  state: 'ok' | 'warning' | 'problem' | 'skipped';
  /** What is so. */
  detail: string;
  /** What to do next; empty where there is nothing to do. */
  advice?: string;
}

/** A check; it never rejects and takes some seconds at most. */
export type Check = () => Promise<Finding[]>;

/** What went wrong, in words: where a name has several addresses the reason is in the causes. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const [first] = error instanceof AggregateError ? error.errors : [];
  if (first !== undefined) return reasonOf(first);
  const code = 'code' in error ? String(error.code) : '';
  return error.message || code || error.name;
}
