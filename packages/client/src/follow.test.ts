import { describe, expect, it } from '@jest/globals';
import { problem, type Scripted, scriptedClient } from './client.fixture.ts';

const stream = (...events: string[]): Scripted => ({
  status: 200,
  text: `retry: 0\n\n${events.join('')}`,
  headers: { 'content-type': 'text/event-stream' },
});
const event = (type: string, data: object, id?: string) =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
const status = (name: string, attempt: number, id: string) =>
  event('status', { id: 'e', status: name, attempt, at: '2026-01-31T09:30:00.000Z' }, id);
const end = event('end', { reason: 'EXECUTION_ENDED' });

async function tellAll(...answers: Scripted[]) {
  const { client, sent } = scriptedClient(answers);
  const told: string[] = [];
  for await (const one of client.executions.stream('e')) {
    if (one.type === 'status') told.push(`${one.status} ${one.attempt}`);
    else told.push(one.type === 'log' ? one.message : one.text);
  }
  return { told, paths: sent.map(({ path }) => path.replace('/base/v1/executions/e/events', '')) };
}

describe('executions.stream', () => {
  it('tells statuses, log lines and text until the execution has ended', async () => {
    const log = event('log', { executionId: 'e', id: 'l', level: 'INFO', message: 'Attempt started' }, '1.2');
    const output = event('output', { executionId: 'e', attempt: 1, offset: 0, text: 'The ' });
    const { told, paths } = await tellAll(stream(status('RUNNING', 1, '1.0'), log, output, end));
    expect(told).toEqual(['RUNNING 1', 'Attempt started', 'The ']);
    expect(paths).toEqual(['']);
  });

  it('goes on after a break where it was, and tells nothing twice', async () => {
    const line = event('log', { executionId: 'e', id: 'l', message: 'Attempt started' }, '1.2');
    const begunAt = performance.now();
    const { told, paths } = await tellAll(
      stream('retry: 50\n\n', status('PENDING', 0, '0.0'), line),
      new TypeError('fetch failed'),
      problem(503, 'SHUTTING_DOWN'),
      stream(line, status('COMPLETED', 1, 'end.5'), end),
    );
    expect(told).toEqual(['PENDING 0', 'Attempt started', 'COMPLETED 1']);
    expect(performance.now() - begunAt).toBeGreaterThan(45);
    expect(paths).toEqual(['', '?lastEventId=1.2', '?lastEventId=1.2', '?lastEventId=1.2']);
  });

  it('tells also what was cut off in the middle, such as the end', async () => {
    const whole = status('COMPLETED', 1, 'end.5');
    const { told, paths } = await tellAll(
      stream(status('RUNNING', 1, '1.0'), whole.slice(0, whole.indexOf('COMPLETED'))),
      stream(whole, end),
    );
    expect(told).toEqual(['RUNNING 1', 'COMPLETED 1']);
    expect(paths).toEqual(['', '?lastEventId=1.0']);
  });

  it('is over at once for who knows the end', async () => {
    expect(await tellAll({ status: 204 })).toEqual({ told: [], paths: [''] });
  });

  it('ignores what it does not know', async () => {
    expect((await tellAll(stream(event('weather', { sun: true }), ': alive\n\n', end))).told).toEqual([]);
  });

  it('waits through any number of streams on which nothing happened, as long as they were alive', async () => {
    const quiet = Array.from({ length: 50 }, () => stream(':\n\n'));
    const { told, paths } = await tellAll(...quiet, stream(status('RUNNING', 1, '1.0'), end));
    expect([told, paths.length]).toEqual([['RUNNING 1'], 51]);
  });

  it('tells of what does not pass, and of streams that are silent again and again', async () => {
    await expect(tellAll(problem(404, 'NOT_FOUND'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(tellAll(stream())).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
    const revoked = event('end', { reason: 'KEY_REVOKED' });
    await expect(tellAll(stream(revoked), problem(401, 'INVALID_API_KEY'))).rejects.toMatchObject({
      code: 'INVALID_API_KEY',
    });
  });

  it('stops when it is told to, with the reason', async () => {
    const { client } = scriptedClient([stream(status('PENDING', 0, '0.0'))]);
    const controller = new AbortController();
    const reason = new Error('enough');
    const reading = async () => {
      for await (const _ of client.executions.stream('e', { signal: controller.signal }))
        controller.abort(reason);
    };
    await expect(reading()).rejects.toBe(reason);
  });
});

describe('events.stream', () => {
  it('tells of all executions, and of a gap', async () => {
    const gap = event('gap', { since: '2026-01-31T09:30:00.000Z' }, '5');
    const { client, sent } = scriptedClient([stream(gap, status('COMPLETED', 1, '6'))]);
    const told: string[] = [];
    for await (const { type } of client.events.stream({ types: ['status'] }))
      if (told.push(type) === 2) break;
    expect(told).toEqual(['gap', 'status']);
    expect(sent.map(({ path }) => path)).toEqual(['/base/v1/events?types=status']);
    expect(sent[0]?.headers.get('accept')).toBe('text/event-stream');
  });
});
