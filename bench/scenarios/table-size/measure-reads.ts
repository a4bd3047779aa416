import { type CpuSample, cpuBetween } from '../../sample.ts';
import type { OwnTarget } from '../../target.ts';
import type { Figures } from '../scenario.ts';

/** A user loads pages often, and a dashboard now and then. */
const [pages, dashboards] = [200, 20];
const dayMs = 86_400_000;

/**
 * Asks for one thing after the other, each many times: pages of executions (the newest, those after a cursor, those that failed,
 * those of a prompt), then the figures of all that the user has.
 */
export async function measureReads(target: OwnTarget, port: number, cpu: () => CpuSample): Promise<Figures> {
  const get = async (path: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/${path}`, {
      headers: { authorization: `Bearer ${target.apiKey}` },
    });
    if (!response.ok)
      throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const list = 'executions?limit=20';
  const { nextCursor } = await get(list);
  const lists = {
    listNewest: list,
    listNext: `${list}&cursor=${nextCursor}`,
    listFailed: `${list}&status=FAILED`,
    listPrompt: `${list}&promptId=${target.promptId}`,
  };
  const [now, from, later] = [0, -91 * dayMs, -62 * dayMs].map((ms) =>
    new Date(Date.now() + ms).toISOString(),
  );
  const all = `from=${from}&to=${now}`;
  const metrics = {
    metricsSummary: `metrics/summary?${all}`,
    metricsPrompts: `metrics/prompts?${all}`,
    metricsModels: `metrics/models?${all}`,
    metricsDays: `metrics/timeseries?${all}&step=day`,
    // Nearly as many parts as may be asked for.
    metricsHours: `metrics/timeseries?from=${later}&to=${now}&step=hour`,
  };
  const figures: Figures = {};
  const measure = async (name: string, path: string, rounds: number) => {
    for (let warmUp = 0; warmUp < rounds / 4; warmUp += 1) await get(path);
    const before = cpu();
    for (let n = 0; n < rounds; n += 1) await get(path);
    const after = cpu();
    const { perExecution } = cpuBetween(before, after, rounds);
    figures[`${name}Ms`] = (after.at - before.at) / rounds;
    figures[`${name}CpuMs`] = (perExecution['api'] ?? 0) + (perExecution['postgres'] ?? 0);
  };
  for (const [name, path] of Object.entries(lists)) await measure(name, path, pages);
  for (const [name, path] of Object.entries(metrics)) await measure(name, path, dashboards);
  return figures;
}
