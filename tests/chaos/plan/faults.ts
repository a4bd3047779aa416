import type { Backend } from '../options.ts';
import type { Pressure } from '../profiles.ts';
import { between, nextGap, type Random, shuffled, weighted } from './random.ts';

/** What the nemesis can do. `hole`: packets vanish, and nobody is told; `wipe`: the queue forgets everything. */
export const faultKinds = [
  'workerKill',
  'workerFreeze',
  'workerTerm',
  'apiKill',
  'queueCut',
  'queueHole',
  'queueSlow',
  'redisRestart',
  'queueWipe',
  'postgresDropAll',
  'postgresStop',
  'postgresSlow',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  /** From the start of the run, in milliseconds. */
  atMs: number;
  kind: FaultKind;
  /** 0 for what is over at once. */
  durationMs: number;
  /** Which worker, where a worker is meant. */
  worker: number;
}

interface FaultShape {
  weight: number;
  /** From and to, in milliseconds. */
  durationMs: readonly [number, number];
  /** The same where time is short: just past what the product has to notice. */
  shortMs: readonly [number, number];
  /** Only with the queue in Redis: with one database, its faults are the queue's as well. */
  redisOnly?: boolean;
}

const instant = [0, 0] as const;

const shapes: Record<FaultKind, FaultShape> = {
  workerKill: { weight: 25, durationMs: instant, shortMs: instant },
  // Shorter and longer than the lease of 5 s.
  workerFreeze: { weight: 10, durationMs: [5_000, 40_000], shortMs: [6_000, 8_000] },
  workerTerm: { weight: 10, durationMs: instant, shortMs: instant },
  apiKill: { weight: 8, durationMs: instant, shortMs: instant },
  queueCut: { weight: 5, durationMs: [1_000, 15_000], shortMs: [1_000, 2_500], redisOnly: true },
  queueHole: { weight: 5, durationMs: [2_000, 20_000], shortMs: [1_500, 3_000], redisOnly: true },
  queueSlow: { weight: 5, durationMs: [3_000, 15_000], shortMs: [2_000, 3_000], redisOnly: true },
  redisRestart: { weight: 6, durationMs: [500, 5_000], shortMs: [500, 1_500], redisOnly: true },
  queueWipe: { weight: 2, durationMs: instant, shortMs: instant },
  postgresDropAll: { weight: 8, durationMs: instant, shortMs: instant },
  postgresStop: { weight: 3, durationMs: [1_000, 10_000], shortMs: [1_500, 2_500] },
  postgresSlow: { weight: 5, durationMs: [3_000, 15_000], shortMs: [2_000, 3_000] },
};

/** Mean time between two faults of a `random` run, in milliseconds. */
const meanGapMs = 8_000;

/** Never more at the same time: what is then seen says little about any of them. */
const maxOverlapping = 2;

export function planFaults(random: Random, pressure: Pressure, backend: Backend): Fault[] {
  const kinds = faultKinds.filter((kind) => backend === 'redis' || !shapes[kind].redisOnly);
  switch (pressure.faults) {
    case 'none':
      return [];
    case 'each':
      return eachOnce(random, pressure.seconds * 1_000, kinds);
    case 'random':
      return poisson(random, pressure.seconds * 1_000, kinds);
    case 'mutation':
      return mutationFaults;
  }
}

/**
 * What brings sabotaged guards into play: a zombie, an API that dies while its commits are slow, a dead worker, and a
 * database that loses what is not committed.
 */
const mutationFaults: Fault[] = [
  // As long as it takes until its successor is in the middle of the calls that it took over.
  { atMs: 4_000, kind: 'workerFreeze', durationMs: 6_000, worker: 0 },
  { atMs: 11_000, kind: 'postgresSlow', durationMs: 4_000, worker: 0 },
  { atMs: 12_000, kind: 'apiKill', durationMs: 0, worker: 0 },
  { atMs: 14_700, kind: 'apiKill', durationMs: 0, worker: 0 },
  { atMs: 16_000, kind: 'postgresStop', durationMs: 1_500, worker: 0 },
  { atMs: 18_000, kind: 'workerKill', durationMs: 0, worker: 1 },
  { atMs: 21_000, kind: 'workerFreeze', durationMs: 6_000, worker: 0 },
];

function eachOnce(random: Random, totalMs: number, kinds: readonly FaultKind[]): Fault[] {
  // The first seconds and the last belong to the load alone: something must be running when the first fault comes.
  const step = (totalMs - 6_000) / kinds.length;
  return shuffled(random, kinds).map((kind, index) => ({
    atMs: Math.round(3_000 + step * (index + 0.4 * random())),
    kind,
    durationMs: durationOf(random, shapes[kind].shortMs),
    worker: Math.floor(random() * 2),
  }));
}

function poisson(random: Random, totalMs: number, kinds: readonly FaultKind[]): Fault[] {
  const choices = kinds.map((kind) => [kind, shapes[kind].weight] as const);
  const faults: Fault[] = [];
  for (let atMs = 3_000; ; ) {
    atMs += nextGap(random, meanGapMs);
    if (atMs > totalMs - 3_000) return faults;
    const kind = weighted(random, choices);
    const durationMs = durationOf(random, shapes[kind].durationMs);
    const fault = { atMs: Math.round(atMs), kind, durationMs, worker: Math.floor(random() * 2) };
    const active = faults.filter((one) => one.atMs + one.durationMs >= fault.atMs);
    if (active.length < maxOverlapping && !active.some((one) => areaOf(one) === areaOf(fault)))
      faults.push(fault);
  }
}

/** Two faults of the same thing at the same time would undo each other. */
function areaOf({ kind, worker }: Fault): string {
  if (kind.startsWith('worker')) return `worker ${worker}`;
  if (kind.startsWith('postgres')) return 'postgres';
  return kind.startsWith('api') ? 'api' : 'queue';
}

function durationOf(random: Random, [from, to]: readonly [number, number]): number {
  return Math.round(between(random, from, to));
}
