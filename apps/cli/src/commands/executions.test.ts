import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { key, run } from '../cli.fixture.ts';

interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
}

/** An API that answers by method and path, and keeps what it was asked. */
function setup(answers: Record<string, () => Response>, piped = '') {
  const asked: Asked[] = [];
  const fetch = async (input: unknown, { method = 'GET', body }: RequestInit = {}) => {
    const { pathname: path, searchParams } = new URL(String(input));
    const query = Object.fromEntries(searchParams);
    asked.push({ method, path, query, body: typeof body === 'string' ? JSON.parse(body) : undefined });
    const answer = answers[`${method} ${path}`];
    return answer ? answer() : Response.json({ code: 'NOT_FOUND' }, { status: 404 });
  };
  return { asked, run: (...args: string[]) => run(args, { env: key, fetch, stdin: Readable.from([piped]) }) };
}

const prompt = () => Response.json({ id: 'p', variables: [{ name: 'count', type: 'number' }] });
const accepted = () => Response.json({ id: 'e', status: 'PENDING' }, { status: 202 });
const ended = (status: string, validationStatus: string, output: string | null = null) => {
  const rest = { costUsd: '0.000100', costIsComplete: true, verdicts: [] };
  return () => Response.json({ id: 'e', status, validationStatus, output, ...rest });
};
const streamOf = (...events: Array<[type: string, data: object]>) => {
  const text = events.map(([type, data]) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`).join('');
  return () => new Response(text, { headers: { 'content-type': 'text/event-stream' } });
};

describe('formaops run', () => {
  it('submits what it was told', async () => {
    const api = setup({ 'GET /v1/prompts/p': prompt, 'POST /v1/executions': accepted }, '{"a":1}');
    const options = ['-i', 'count=5', '--model', 'm', '--priority', 'HIGH', '--prompt-version', '2'];
    const more = ['--context', '-', '--run-at', '2026-12-24T18:00:00Z', '--response-format', 'json_object'];
    expect(await api.run('run', 'p', ...options, ...more, '--no-wait')).toEqual({
      out: 'e\n',
      err: '',
      code: 0,
    });
    expect(api.asked.at(-1)?.body).toEqual({
      promptId: 'p',
      inputs: { count: 5 },
      context: { a: 1 },
      model: 'm',
      parameters: { responseFormat: { type: 'json_object' } },
      priority: 'HIGH',
      promptVersion: 2,
      runAt: '2026-12-24T18:00:00Z',
    });
  });

  it.each([
    ['COMPLETED', 'PASSED', 0],
    ['COMPLETED', 'SKIPPED', 0],
    ['COMPLETED', 'FAILED', 1],
    ['FAILED', 'SKIPPED', 1],
    ['CANCELLED', 'SKIPPED', 1],
  ])('ends for %s and %s with %d, followed or not', async (status, validationStatus, code) => {
    const api = setup({
      'GET /v1/prompts/p': prompt,
      'POST /v1/executions': accepted,
      'GET /v1/executions/e': ended(status, validationStatus),
      'GET /v1/executions/e/events': streamOf(['end', { reason: 'EXECUTION_ENDED' }]),
    });
    expect((await api.run('run', 'p', '--json')).code).toBe(code);
    expect((await api.run('run', 'p', '--follow')).code).toBe(code);
  });

  it('lets a terminal obey nothing of what it follows, and writes the output once', async () => {
    const output = 'a\u001b[2Jb\u009b1mc';
    const log = {
      id: 'l',
      level: 'INFO',
      timestamp: 't',
      message: 'x\u001b[2J',
      metadata: { reason: '\u001b]0;' },
    };
    const answers = {
      'GET /v1/prompts/p': prompt,
      'POST /v1/executions': accepted,
      'GET /v1/executions/e': ended('COMPLETED', 'SKIPPED', output),
    };
    const pieces = [
      { offset: 0, text: output.slice(0, 2) },
      { offset: 2, text: output.slice(2) },
    ];
    const whole = setup({
      ...answers,
      'GET /v1/executions/e/events': streamOf(
        ['log', log],
        ...pieces.map((piece): [string, object] => ['output', piece]),
        ['end', { reason: 'EXECUTION_ENDED' }],
      ),
    });
    const shown = 'a␛[2Jb�1mc\n';
    const { out, err } = await whole.run('run', 'p', '--follow');
    expect([out, err]).toEqual([shown, expect.stringMatching(/^t INFO {2}x␛\[2J {2}reason=␛\]0;\n/)]);
    expect(err).not.toContain('\u001b');
    const late = setup({
      ...answers,
      'GET /v1/executions/e/events': streamOf(['end', { reason: 'EXECUTION_ENDED' }]),
    });
    expect((await late.run('run', 'p', '--follow')).out).toBe(shown);
  });
});

describe('formaops list and metrics', () => {
  it('ask for what is wanted, page by page', async () => {
    const one = { id: 'e', prompt: { name: 'P' }, latencyMs: 1, costUsd: null };
    const api = setup({
      'GET /v1/prompts/p': prompt,
      'GET /v1/executions': () => Response.json({ data: Array(100).fill(one), nextCursor: 'c' }),
    });
    await api.run(
      'list',
      '--status',
      'FAILED,CANCELLED',
      '--prompt',
      'p',
      '--since',
      '2026-01-01',
      '-n',
      '150',
    );
    const query = { status: 'FAILED,CANCELLED', promptId: 'p', createdFrom: '2026-01-01T00:00:00.000Z' };
    expect(api.asked.slice(1).map((request) => request.query)).toEqual([
      { ...query, limit: '100' },
      { ...query, limit: '50', cursor: 'c' },
    ]);
  });

  it('add up since then', async () => {
    const api = setup({ 'GET /v1/metrics/timeseries': () => Response.json({ data: [] }) });
    expect((await api.run('metrics', '--since', '2026-01-01', '--by', 'day')).out).toBe('None.\n');
    expect(api.asked).toMatchObject([{ query: { from: '2026-01-01T00:00:00.000Z', step: 'day' } }]);
  });
});
