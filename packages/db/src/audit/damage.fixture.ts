import type { createHistories } from './histories.fixture.ts';

type Histories = Awaited<ReturnType<typeof createHistories>>;

/** What an invariant must see, and says about it. */
export interface Damage {
  /** Which of the histories, or the user to whom all of them belong. */
  of: keyof Histories | 'user';
  /** `$1` is its id. */
  sql: string;
  /** What the report says about it. */
  says: string;
}

export const execution = (set: string) => `UPDATE executions SET ${set} WHERE id = $1`;
export const attempt = (set: string) => `UPDATE execution_attempts SET ${set} WHERE execution_id = $1`;
