import type { LoadPlan, LoadResult } from './load-plan.ts';

/** Milliseconds since 1970, with fractions. */
export const nowMs = (): number => performance.timeOrigin + performance.now();

/** Counts answers from the end of the warm-up on. */
export function createTally() {
  const latencies: number[] = [];
  const refused: Record<string, number> = {};
  let fromMs: number | undefined;
  let toMs: number | undefined;
  return {
    begin() {
      fromMs = nowMs();
      process.send?.({ measuring: true });
    },
    /** The first time counts. */
    end() {
      if (toMs !== undefined) return;
      toMs = nowMs();
      process.send?.({ measured: true });
    },
    note(status: number, latencyMs: number) {
      if (fromMs === undefined || toMs !== undefined) return;
      if (status === 202) latencies.push(latencyMs);
      else refused[status] = (refused[status] ?? 0) + 1;
    },
    result(): LoadResult {
      const from = fromMs ?? nowMs();
      const to = toMs ?? nowMs();
      return {
        accepted: latencies.length,
        refused,
        seconds: (to - from) / 1_000,
        latencyMs: summary(latencies),
        fromMs: from,
        toMs: to,
      };
    },
  };
}

export function readPlan(): LoadPlan {
  return JSON.parse(String(process.argv[2])) as LoadPlan;
}

function summary(latencies: number[]): LoadResult['latencyMs'] {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    mean: sorted.reduce((sum, value) => sum + value, 0) / Math.max(1, sorted.length),
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
  };
}
