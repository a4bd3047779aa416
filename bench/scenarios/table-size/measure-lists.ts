import { type CpuSample, cpuBetween } from '../../sample.ts';
import type { OwnTarget } from '../../target.ts';
import type { Figures } from '../scenario.ts';

const rounds = 200;

interface Page {
  nextCursor: string | null;
}

/** Asks for pages of executions one after the other: the newest, those after a cursor, those that failed, those of a prompt. */
export async function measureLists(target: OwnTarget, port: number, cpu: () => CpuSample): Promise<Figures> {
  const get = async (query: string): Promise<Page> => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/executions?limit=20${query}`, {
      headers: { authorization: `Bearer ${target.apiKey}` },
    });
    if (!response.ok)
      throw new Error(`a list was answered with ${response.status}: ${await response.text()}`);
    return (await response.json()) as Page;
  };
  const { nextCursor } = await get('');
  const lists = {
    listNewest: '',
    listNext: `&cursor=${nextCursor}`,
    listFailed: '&status=FAILED',
    listPrompt: `&promptId=${target.promptId}`,
  };
  const figures: Figures = {};
  for (const [name, query] of Object.entries(lists)) {
    for (let warmUp = 0; warmUp < rounds / 4; warmUp += 1) await get(query);
    const from = cpu();
    for (let n = 0; n < rounds; n += 1) await get(query);
    const to = cpu();
    const { perExecution } = cpuBetween(from, to, rounds);
    figures[`${name}Ms`] = (to.at - from.at) / rounds;
    figures[`${name}CpuMs`] = (perExecution['api'] ?? 0) + (perExecution['postgres'] ?? 0);
  }
  return figures;
}
