import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { runCli } from '../program.ts';

const at = '2026-01-31T09:30:00.000Z';
const execution = {
  id: 'e',
  status: 'COMPLETED',
  validationStatus: 'FAILED',
  costUsd: '0.000044',
  costIsComplete: true,
  output: 'one two',
  verdicts: [
    { validationName: 'Short', outcome: 'PASSED', code: null, errors: [] },
    { validationName: 'Kind', outcome: 'FAILED', code: 'FUNCTION_REJECTED', errors: [{ message: 'rude' }] },
    { validationName: 'Quick', outcome: 'ERRORED', code: 'SANDBOX_TIMEOUT', errors: [] },
  ],
};
const events = [
  ['output', { attempt: 1, offset: 0, text: 'one ' }],
  ['output', { attempt: 1, offset: 4, text: 'two' }],
  ['log', { executionId: 'e', id: 'l', level: 'INFO', message: 'Model answered', timestamp: at }],
  ['status', { id: 'e', status: 'COMPLETED', attempt: 1, at }],
  ['end', { reason: 'EXECUTION_ENDED' }],
] as const;
const stream = events.map(([type, data]) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`).join('');

/** An API whose prompt `p` is run once. */
async function api(input: string | URL | Request): Promise<Response> {
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  if (pathname.startsWith('/v1/prompts/')) return Response.json({ id: 'p', variables: [] });
  if (pathname.endsWith('/events'))
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  return Response.json(execution, { status: pathname === '/v1/executions' ? 202 : 200 });
}

/** Everything that appears, in order; what is said stands in brackets. */
async function run(columns: number | undefined): Promise<{ shown: string; code: number }> {
  const shown: string[] = [];
  const screen = {
    print: (text: string) => void shown.push(text, '\n'),
    write: (text: string) => void shown.push(text),
    say: (text: string) => void shown.push(`[${text}]`),
    progress: () => undefined,
    columns,
  };
  const env = { FORMAOPS_STATE_DIR: '/none', FORMAOPS_API_URL: 'http://api', FORMAOPS_API_KEY: 'k' };
  const world = { screen, env, stdin: Readable.from(['']), signal: new AbortController().signal, fetch: api };
  const code = await runCli(['run', 'p', '--follow'], world);
  return { shown: shown.join(''), code };
}

describe('run --follow', () => {
  const log = `[${at} INFO  Model answered]`;
  const end = '[e COMPLETED, validation FAILED, 0.000044 USD]';
  const reasons = '[Kind: rude][Quick: The validation took too long. Simplify the validation.]';

  it('says nothing in the midst of a line of the output where somebody looks, and why validations failed', async () => {
    expect(await run(80)).toEqual({ shown: `one two\n${log}${end}${reasons}`, code: 1 });
  });

  it('adds nothing but the last line break to an output that goes elsewhere', async () => {
    expect((await run(undefined)).shown).toBe(`one two${log}\n${end}${reasons}`);
  });
});
