/** Numbers from 0 (included) to 1 (excluded). */
export type Random = () => number;

/** mulberry32: a small generator whose whole state is one 32-bit number, so a seed replays a plan on every machine. */
export function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Time to the next event of a Poisson process. */
export function nextGap(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

/** Log-normal, given by its median and its 99th percentile. */
export function logNormal(random: Random, { p50, p99 }: { p50: number; p99: number }): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  const standardNormal = radius * Math.cos(2 * Math.PI * random());
  // The 99th percentile of a standard normal is 2.326.
  return p50 * Math.exp((Math.log(p99 / p50) / 2.326) * standardNormal);
}

export function between(random: Random, from: number, to: number): number {
  return from + random() * (to - from);
}

/** Chooses by weight; the weights need not add up to 1. */
export function weighted<T>(random: Random, choices: ReadonlyArray<readonly [T, number]>): T {
  const sum = choices.reduce((total, [, weight]) => total + weight, 0);
  let left = random() * sum;
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  const last = choices.at(-1);
  if (last === undefined) throw new RangeError('nothing to choose from');
  return last[0];
}

/** @returns a copy in random order. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
