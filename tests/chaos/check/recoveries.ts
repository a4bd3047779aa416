import type { Facts } from './facts.ts';

/**
 * From the moment a worker was frozen or ended until what it was running ran again elsewhere, or had ended; in
 * milliseconds.
 */
export function recoveries({
  attempts,
  executions,
  lives,
}: Pick<Facts, 'attempts' | 'executions' | 'lives'>): number[] {
  const hurts = new Map(lives.map((one) => [`${one.process}.${one.life}`, one.hurts]));
  const started = new Map(attempts.map((one) => [`${one.executionId} ${one.attempt}`, one.startedAt]));
  const ends = new Map(executions.map(({ id, completedAt }) => [id, completedAt]));
  return attempts.flatMap(({ executionId, attempt, workerId, outcome, startedAt }) => {
    const to = (started.get(`${executionId} ${attempt + 1}`) ?? ends.get(executionId))?.getTime();
    if (outcome !== 'LOST' || to === undefined) return [];
    // A worker that was thawed may be hurt again.
    const from = hurts.get(workerId)?.findLast((at) => at >= startedAt.getTime() && at <= to);
    return from === undefined ? [] : [to - from];
  });
}
