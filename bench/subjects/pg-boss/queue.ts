/** The queue of the peer; a constant of the API, the worker and `prepare`. */
export const bossQueue = 'executions';

export interface BossJob {
  executionId: string;
}
