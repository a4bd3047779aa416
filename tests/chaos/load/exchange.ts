/** One request as its client saw it. */
export interface Exchange {
  ordinal: number;
  tenant: number;
  kind: 'submit' | 'bad' | 'cancel';
  /** The idempotency key that was sent. */
  key: string | null;
  startedAt: number;
  endedAt: number;
  /** Null: no answer came, so nobody knows what became of it. */
  status: number | null;
  /** Why no answer came, or the code of a refusal. */
  code: string | null;
  executionId: string | null;
  replayed: boolean;
}

/** Whether the request is known to have been taken on. */
export function isAcked({ kind, status }: Exchange): boolean {
  return kind === 'submit' && status !== null && status >= 200 && status < 300;
}

/** Whether the request may or may not have been taken on: no answer, or an error that came from behind the commit. */
export function isIndeterminate({ kind, status, code }: Exchange): boolean {
  if (kind !== 'submit') return false;
  return status === null ? code !== 'ECONNREFUSED' : status >= 500;
}
