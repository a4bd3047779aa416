import { type CpuSample, cpuBetween } from '../../sample.ts';
import type { OwnTarget } from '../../target.ts';
import type { Figures } from '../scenario.ts';

const rounds = 200;

interface Page {
  nextCursor: string | null;
}

/** Asks for what a page of executions would: the newest, the next ones, those that failed, those of one prompt. */
export async function measureLists(target: OwnTarget, port: number, cpu: () => CpuSample): Promise<Figures> {
  const get = async (query: string): Promise<Page> => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/executions?limit=20${query}`, {
      headers: { authorization: `Bearer ${target.apiKey}` },
    });
    if (!response.ok)
      throw new Error(`a list was answered with ${response.status}: ${await response.text()}`);
    return (await response.json()) as Page;
  };
  const round = async () => {
    const { nextCursor } = await get('');
    await get(`&cursor=${nextCursor}`);
    await get('&status=FAILED');
    await get(`&promptId=${target.promptId}`);
  };
  for (let warmUp = 0; warmUp < rounds / 4; warmUp += 1) await round();
  const from = cpu();
  for (let n = 0; n < rounds; n += 1) await round();
  const to = cpu();
  const { perExecution } = cpuBetween(from, to, 4 * rounds);
  return {
    listMs: (to.at - from.at) / (4 * rounds),
    listCpuMs: (perExecution['api'] ?? 0) + (perExecution['postgres'] ?? 0),
  };
}
