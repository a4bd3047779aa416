import type { Facts } from './facts.ts';

/** From the moment a worker was hurt until what it was running ran again elsewhere, or ended; in milliseconds. */
export function recoveries({
  attempts,
  executions,
  lives,
}: Pick<Facts, 'attempts' | 'executions' | 'lives'>): number[] {
  const hurt = new Map(lives.map(({ process, life, hurtAt }) => [`${process}.${life}`, hurtAt]));
  const started = new Map(attempts.map((one) => [`${one.executionId} ${one.attempt}`, one.startedAt]));
  const ends = new Map(executions.map(({ id, completedAt }) => [id, completedAt]));
  return attempts.flatMap(({ executionId, attempt, workerId, outcome }) => {
    const from = hurt.get(workerId);
    const to = started.get(`${executionId} ${attempt + 1}`) ?? ends.get(executionId);
    return outcome === 'LOST' && from && to ? [Math.max(0, to.getTime() - from)] : [];
  });
}
