import type { Noise } from '../noise.ts';
import type { Measurement } from '../scenarios/scenario.ts';
import type { QueueBackend } from '../subjects/subject.ts';

/** A figure over the repetitions. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export interface Row {
  scenario: string;
  title: string;
  subject: string;
  subjectTitle: string;
  backend: QueueBackend;
  headline: string;
  figures: Record<string, Spread>;
  cpuMsPer: Record<string, Spread>;
  repetitions: Measurement[];
  errors: string[];
}

export interface Results {
  startedAt: string;
  commit: string;
  machine: Record<string, string>;
  services: string[];
  settings: Record<string, unknown>;
  noise: Record<keyof Noise | 'othersShare', Spread>;
  rows: Row[];
}

export function spreadOf(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return {
    median: ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  };
}

/** The spread of each figure that the repetitions share. */
export function spreadsOf(records: Record<string, number>[]): Record<string, Spread> {
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  return Object.fromEntries(
    [...names].map((name) => [name, spreadOf(records.flatMap((record) => record[name] ?? []))]),
  );
}
