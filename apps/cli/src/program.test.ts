import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { key, run } from './cli.fixture.ts';
import { createProgram } from './program.ts';

/** Answers every request with one problem. */
const refusing = (status: number, problem: object) => async () =>
  new Response(JSON.stringify(problem), {
    status,
    headers: { 'content-type': 'application/problem+json', 'x-request-id': 'r-1' },
  });

const answering = (body: object) => async () => Response.json(body);

describe('formaops', () => {
  it('explains itself when it is asked to, and where it is not understood', async () => {
    const help = await run(['--help']);
    expect([help.code, help.err]).toEqual([0, '']);
    for (const name of ['run', 'logs', 'prompts', 'keys', 'doctor', '--json'])
      expect(help.out).toContain(name);
    const forScripts = await run(['lsit', '--json']);
    expect(JSON.parse(forScripts.out)).toEqual({
      error: { code: 'CLI', message: expect.stringContaining('unknown command') },
    });
    const unknown = await run(['lsit']);
    expect([unknown.code, unknown.out]).toEqual([2, '']);
    expect(unknown.err).toContain('Did you mean list?');
    const within = await run(['prompts', 'show']);
    expect(within.code).toBe(2);
    expect(within.err).toContain("missing required argument 'prompt'");
    expect((await run(['list', '-n', '0'])).code).toBe(2);
    const empty = await run(['show', ''], { env: key });
    expect(empty).toEqual({ out: '', err: 'An argument is empty\n', code: 2 });
  });

  it('tells its version', async () => {
    expect(await run(['--version'])).toEqual({
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      err: '',
      code: 0,
    });
  });

  it('says what to set when nothing says where the API is', async () => {
    const { code, out, err } = await run(['list']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('npm start');
  });

  it('shows a refusal with its code, what to do, every problem, and the request', async () => {
    const problem = {
      code: 'INVALID_REQUEST',
      detail: 'Correct every entry of `errors`',
      errors: [{ pointer: '/inputs/a', code: 'VARIABLE_MISSING', detail: 'is required' }],
    };
    const { code, out, err } = await run(['show', 'x'], { env: key, fetch: refusing(422, problem) });
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe(
      'INVALID_REQUEST: Correct every entry of `errors`\n  /inputs/a: is required (VARIABLE_MISSING)\n  request r-1\n',
    );
  });

  it('does not call well what nobody looked at', async () => {
    const { code, out } = await run(['doctor']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /– API +There is no address[\s\S]*\n\nNothing is wrong with what could be looked at\.\n$/,
    );
  });

  it('says what went wrong where the API only says what to do', async () => {
    const problem = {
      code: 'EXECUTION_REDACTED',
      detail: 'Submit a new execution with the inputs that you want.',
    };
    const { err } = await run(['rerun', 'x'], { env: key, fetch: refusing(409, problem) });
    expect(err).toBe(
      'EXECUTION_REDACTED: The content of the execution was removed. Submit a new execution with the inputs that you want.\n  request r-1\n',
    );
  });

  it('gives scripts one document also when it fails', async () => {
    const fetch = refusing(404, { code: 'NOT_FOUND', detail: 'There is no such execution' });
    const { code, out } = await run(['show', 'x', '--json'], { env: key, fetch });
    expect(code).toBe(3);
    expect(JSON.parse(out)).toEqual({
      error: { code: 'NOT_FOUND', message: 'There is no such execution', status: 404, requestId: 'r-1' },
    });
  });

  it('obeys nothing in what the API says', async () => {
    const fetch = refusing(409, { code: 'EVIL', detail: 'a\u001b[2Jb' });
    expect((await run(['show', 'x'], { env: key, fetch })).err).toContain('a␛[2Jb');
    const renamed = answering({ id: 'k', name: 'a\u009b2Jb' });
    expect((await run(['keys', 'rename', 'k', 'n'], { env: key, fetch: renamed })).out).toContain('a�2Jb');
    const asJson = await run(['keys', 'rename', 'k', 'n', '--json'], { env: key, fetch: renamed });
    expect(asJson.out).toBe('{"id":"k","name":"a\\u009b2Jb"}\n');
  });

  it('obeys nothing in what the API says of its health either', async () => {
    const health = createServer((_, response) => response.end(JSON.stringify({ status: 'a\u001b[2Jb' })));
    await once(health.listen(0, '127.0.0.1'), 'listening');
    const { port } = health.address() as AddressInfo;
    const { out } = await run(['doctor'], { env: { ...key, FORMAOPS_API_URL: `http://127.0.0.1:${port}` } });
    health.closeAllConnections();
    health.close();
    expect(out).toContain('a␛[2Jb');
  });

  it('never repeats a key, whatever is wrong with it', async () => {
    const env = { ...key, FORMAOPS_API_KEY: 'fo_live_secret\nfo_live_secret' };
    const { code, out, err } = await run(['show', 'x'], { env });
    expect([code, out]).toEqual([2, '']);
    expect(err).not.toContain('secret');
  });

  it('tells scripts also of each that could not be cancelled', async () => {
    const fetch = refusing(409, { code: 'EXECUTION_ALREADY_FINISHED', detail: 'It has ended' });
    const { code, out } = await run(['cancel', 'a', 'b', '--json'], { env: key, fetch });
    expect(code).toBe(1);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { id: 'a', error: { code: 'EXECUTION_ALREADY_FINISHED', status: 409 } },
      { id: 'b', error: { code: 'EXECUTION_ALREADY_FINISHED', status: 409 } },
    ]);
  });

  it('can be interrupted while it waits for what is piped in', async () => {
    const interrupted = new AbortController();
    const stdin = new Readable({ read: () => interrupted.abort() });
    const args = ['validations', 'try', '-', '--pattern', 'x'];
    const { code } = await run(args, { env: key, stdin, signal: interrupted.signal });
    expect(code).toBe(130);
  });

  it.each([
    ['submits', 'POST', 'It may have been accepted all the same; formaops list -n 1 shows it.\n'],
    ['waits for the end', 'wait', '\ne goes on. formaops cancel e stops it.\n'],
  ])('says what goes on when it is interrupted while it %s', async (_, moment, said) => {
    const interrupted = new AbortController();
    const fetch = async (input: unknown, { method, signal }: RequestInit = {}) => {
      if (method === moment || String(input).includes(`?${moment}=`)) interrupted.abort();
      signal?.throwIfAborted();
      return Response.json({ id: 'e', variables: [] });
    };
    const world = { env: key, fetch, signal: interrupted.signal };
    expect(await run(['run', 'p'], world)).toEqual({ out: '', err: said, code: 130 });
  });

  it('finds a prompt by its name, however many others hold the name in theirs', async () => {
    const pages = [
      { data: Array(100).fill({ id: 'other', name: 'Übung 2' }), nextCursor: 'c' },
      { data: [{ id: 'wanted', name: 'Übung' }], nextCursor: null },
    ];
    const fetch = async (input: unknown) => {
      const { pathname, searchParams } = new URL(String(input));
      if (pathname.endsWith('/wanted'))
        return Response.json({ id: 'wanted', validations: [], variables: [], tags: [] });
      return Response.json(pages[searchParams.has('cursor') ? 1 : 0]);
    };
    const { out, code } = await run(['prompts', 'show', 'U\u0308bung', '--json'], { env: key, fetch });
    expect([code, JSON.parse(out)]).toMatchObject([0, { id: 'wanted' }]);
  });

  it('finds settings of which nothing can be made, and looks at the rest all the same', async () => {
    const env = { ...key, FORMAOPS_API_URL: 'http://127.0.0.1:9', DATABASE_URL: 'nonsense' };
    const { code, out } = await run(['doctor', '--json'], { env });
    const { findings } = JSON.parse(out);
    expect(code).toBe(1);
    expect(findings).toContainEqual(expect.objectContaining({ subject: 'Queue', state: 'problem' }));
    expect(findings.at(-1)).toMatchObject({ subject: 'Model', state: 'skipped' });
  });

  it('says why nothing answered, and ends as a script can tell', async () => {
    const fetch = async () => {
      throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:9') });
    };
    const aborted = AbortSignal.abort();
    const { code, err } = await run(['show', 'x'], { env: key, fetch: fetch as never });
    expect(code).toBe(5);
    expect(err).toContain('ECONNREFUSED 127.0.0.1:9');
    expect(err).toContain('formaops doctor');
    expect((await run(['show', 'x'], { env: key, fetch: fetch as never, signal: aborted })).code).toBe(130);
  });

  it('describes every command, argument and option', () => {
    const lacking: string[] = [];
    const visit = (command: Command, path: string) => {
      if (command.description() === '') lacking.push(path);
      for (const one of command.commands) visit(one, `${path} ${one.name()}`);
    };
    visit(
      createProgram(() => async () => undefined),
      'formaops',
    );
    expect(lacking).toEqual([]);
  });
});
