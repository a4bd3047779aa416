/** The queue of the peer; a constant of the API, the worker and `prepare`. */
export const bossQueue = 'executions';

/** Tells the worker to write its rows one by one. */
export const writeEach = '--each';

export interface BossJob {
  executionId: string;
}
