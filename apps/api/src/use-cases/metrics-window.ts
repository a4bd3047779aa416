import { invalidRequest } from '../http/parse.ts';

/** A time that figures are asked for; `to` is not part of it. */
export interface MetricsWindow {
  from: Date;
  to: Date;
}

const dayMs = 86_400_000;

const maxWindowMs = 92 * dayMs;

/** As many parts as a chart can show. */
const maxParts = 1_500;

/**
 * Fills in what a request left out: the last 24 hours.
 *
 * @throws FormaError `INVALID_REQUEST` when the time is empty or longer than 92 days.
 */
export function windowOf({ from, to }: Partial<MetricsWindow>, now: Date): MetricsWindow {
  const end = to ?? now;
  const start = from ?? new Date(end.getTime() - dayMs);
  if (start >= end) throw outOfRange('/from', 'must be before `to`');
  if (end.getTime() - start.getTime() > maxWindowMs)
    throw outOfRange('/from', 'must be at most 92 days before `to`');
  return { from: start, to: end };
}

/** @throws FormaError `INVALID_REQUEST` when a time series of the window has more than 1,500 parts. */
export function requireFewParts({ from, to }: MetricsWindow, stepMs: number): void {
  const parts = Math.ceil(to.getTime() / stepMs) - Math.floor(from.getTime() / stepMs);
  if (parts > maxParts)
    throw outOfRange('/step', `gives ${parts} parts, and ${maxParts} are the most; ask for longer ones`);
}

function outOfRange(pointer: string, detail: string) {
  return invalidRequest([{ pointer, code: 'OUT_OF_RANGE', detail }]);
}
