import { describe, expect, it } from '@jest/globals';
import { backends } from './backends.ts';
import { startStack, type TestStack } from './stack.ts';

interface SseEvent {
  type: string;
  data: Record<string, unknown>;
}

/** Follows until the server ends the stream. */
async function follow({ apiUrl, user }: TestStack, path: string): Promise<() => Promise<SseEvent[]>> {
  const response = await fetch(apiUrl + path, { headers: { authorization: `Bearer ${user.apiKey}` } });
  expect(response.status).toBe(200);
  return async () => eventsIn(await response.text());
}

function eventsIn(text: string): SseEvent[] {
  return text.split('\n\n').flatMap((block) => {
    const type = /^event: (.*)$/m.exec(block)?.[1];
    const data = /^data: (.*)$/m.exec(block)?.[1];
    return type && data ? { type, data: JSON.parse(data) } : [];
  });
}

/** The text of an attempt, as far as none of it is missing. */
function textOf(events: SseEvent[], attempt: number): string {
  return events
    .filter(({ type, data }) => type === 'output' && data['attempt'] === attempt)
    .reduce((text, { data }) => (data['offset'] === text.length ? text + String(data['text']) : text), '');
}

describe.each(backends)('following an execution with the queue on %s', (backend) => {
  it('tells its statuses, its story and the text of the model while another process runs it', async () => {
    await using stack = await startStack(backend);
    await stack.startWorker();
    const { id } = await stack.submit({ model: 'gpt-4o-mini:latency=2000,drip=50,chunks=20' });
    const [one, two] = [
      await follow(stack, `/v1/executions/${id}/events`),
      await follow(stack, `/v1/executions/${id}/events`),
    ];
    const [events, others] = await Promise.all([one(), two()]);
    const { output } = await stack.ended(id);

    expect(events.filter(({ type }) => type === 'status').map(({ data }) => data['status'])).toEqual([
      'PENDING',
      'RUNNING',
      'COMPLETED',
    ]);
    expect(events.at(-1)).toEqual({ type: 'end', data: { reason: 'EXECUTION_ENDED' } });
    expect(events.filter(({ type }) => type === 'log').map(({ data }) => data['message'])).toEqual([
      'Execution accepted',
      'Attempt started',
      'Model answered',
      'Output judged',
      'Execution completed',
    ]);
    for (const told of [events, others]) {
      expect(told.filter(({ type }) => type === 'output').length).toBeGreaterThan(3);
      expect(textOf(told, 1)).toBe(output);
    }
  });

  it('starts the text anew with every attempt', async () => {
    await using stack = await startStack(backend);
    await stack.startWorker({ RETRY_BASE_MS: '100', RETRY_CAP_MS: '200' });
    const { id } = await stack.submit({ model: 'gpt-4o-mini:latency=1500,drip=20,chunks=10,cut,first=1' });
    const events = await (await follow(stack, `/v1/executions/${id}/events?types=status,output`))();
    const { output, attempt } = await stack.ended(id);
    expect(attempt).toBe(2);
    expect(textOf(events, 2)).toBe(output);
    expect(output?.startsWith(textOf(events, 1))).toBe(true);
    expect(textOf(events, 1)).not.toBe('');
  });
});
