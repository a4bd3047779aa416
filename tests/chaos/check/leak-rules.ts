import type { Sample } from '../sampler.ts';
import type { Violation } from './facts.ts';

/** The first part of a run fills caches and pools. */
const warmUpShare = 0.2;
const maxRssSlopeMbPerMinute = 1;
const maxMoreFiles = 20;
/** Shorter lives say nothing about leaks, in milliseconds. */
const minLifeMs = 10 * 60_000;

/** What grows for as long as a process lives. Only lives of ten minutes and more are judged. */
export function findLeaks(samples: readonly Sample[]): Violation[] {
  const lives = Map.groupBy(samples, ({ process, life }) => `${process}.${life}`);
  return [...lives].flatMap(([name, all]) => {
    const warm = all.slice(Math.floor(all.length * warmUpShare));
    if (lengthMs(all) < minLifeMs) return [];
    const problems: string[] = [];
    const slope = slopePerMinute(warm);
    if (slope > maxRssSlopeMbPerMinute) problems.push(`memory grows by ${slope.toFixed(2)} MB a minute`);
    const [from, to] = [warm[0]?.openFiles ?? 0, warm.at(-1)?.openFiles ?? 0];
    if (to - from > maxMoreFiles) problems.push(`open files grew from ${from} to ${to}`);
    return problems.map((problem) => ({ rule: 'I21', detail: `${name}: ${problem}` }));
  });
}

/** Least squares over all samples: single peaks of the garbage collector count little. */
export function slopePerMinute(samples: readonly Sample[]): number {
  const minutes = samples.map(({ at }) => at / 60_000);
  const meanMinute = mean(minutes);
  const meanRss = mean(samples.map(({ rssMb }) => rssMb));
  const [covariance, variance] = samples.reduce(
    ([along, square], { at, rssMb }) => {
      const distance = at / 60_000 - meanMinute;
      return [along + distance * (rssMb - meanRss), square + distance * distance] as const;
    },
    [0, 0] as readonly [number, number],
  );
  return variance === 0 ? 0 : covariance / variance;
}

function lengthMs(samples: readonly Sample[]): number {
  return (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
