import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStack, type TestStack } from './stack.ts';

const root = join(import.meta.dirname, '../..');
let stack: TestStack;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'formaops-session-'));
  stack = await startStack('postgres');
  await stack.startWorker();
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

interface Ended {
  out: string;
  err: string;
  code: number | null;
}

/** Runs a line of a shell, in which `formaops` is the command line of this clone. */
async function shell(line: string, env: Record<string, string> = {}): Promise<Ended> {
  const cli = `${process.execPath} --disable-warning=ExperimentalWarning ${join(root, 'apps/cli/src/main.ts')}`;
  const child = spawn(
    'sh',
    ['-c', `formaops() { ${cli} "$@"; }; ${line.replaceAll('./formaops', 'formaops')}`],
    {
      cwd: dir,
      env: {
        PATH: process.env['PATH'] ?? '',
        FORMAOPS_STATE_DIR: dir,
        FORMAOPS_API_URL: stack.apiUrl,
        FORMAOPS_API_KEY: stack.user.apiKey,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { out, err, code };
}

/** The lines of the session in the README; a line that ends in a backslash or opens a document goes on. */
async function readmeSession(): Promise<string[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [, session = ''] = /<!-- session -->\n```sh\n([\s\S]*?)```/.exec(readme) ?? [];
  return session.split(/\n(?=\.\/formaops|cat )/).map((line) => line.trim());
}

describe('the session in the README', () => {
  it('runs line by line, and shows both versions with their costs', async () => {
    const lines = await readmeSession();
    expect(lines.length).toBeGreaterThan(8);
    let last: Ended = { out: '', err: '', code: null };
    for (const line of lines) {
      last = await shell(line);
      expect({ line, code: last.code, err: last.err }).toMatchObject({ code: 0 });
    }
    expect(last.out).toMatch(/COMPLETED[\s\S]*2[\s\S]*COMPLETED[\s\S]*1/);
  });
});

describe('formaops', () => {
  it('follows an execution and tells by its end whether the output can be used', async () => {
    const { out, err, code } = await shell(`formaops run ${stack.promptId} -i text=hello --follow`);
    expect([code, out.trim()]).not.toContain('');
    expect(err).toContain('Execution completed');
    expect(err).toMatch(/COMPLETED, validation SKIPPED, [\d.]+ USD/);
    const failed = await shell(
      `formaops run ${stack.promptId} -i text=hello --model 'gpt-4o-mini:status=400' --json`,
    );
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.out)).toMatchObject({ status: 'FAILED' });
  });

  it('shows the story while it happens, as JSON lines for scripts', async () => {
    const { id } = await stack.submit();
    const { out, code } = await shell(`formaops logs ${id} -f --json`);
    const messages = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).message);
    expect(code).toBe(0);
    expect([messages[0], messages.at(-1)]).toEqual(['Execution accepted', 'Execution completed']);
  });

  it('ends quietly when nobody reads on', async () => {
    const { err } = await shell('formaops list | head -1');
    expect(err).toBe('');
  });

  it('cancels each, also where one has ended', async () => {
    const ended = await stack.submit({}, '?wait=25');
    const waiting = await stack.submit({ model: 'gpt-4o-mini:hang' });
    const { out, err, code } = await shell(`formaops cancel ${ended.id} ${waiting.id}`);
    expect([code, out]).toEqual([1, expect.stringContaining(waiting.id)]);
    expect(err).toContain('EXECUTION_ALREADY_FINISHED');
    expect(await stack.ended(waiting.id)).toMatchObject({ status: 'CANCELLED' });
  });

  it('gives somebody a first key, which works, and another plan', async () => {
    const databaseUrl = stack.pool.options.connectionString ?? '';
    const env = { DATABASE_URL: databaseUrl };
    const { out, code } = await shell('formaops users create Ada@Example.com --name Ada --json', env);
    expect(code).toBe(0);
    const { apiKey } = JSON.parse(out);
    expect((await shell('formaops users create ada@example.com', env)).code).toBe(1);
    expect((await shell('formaops users set-plan ada@example.com pro', env)).code).toBe(0);
    const me = await shell('formaops whoami --json', { FORMAOPS_API_KEY: apiKey });
    expect(JSON.parse(me.out)).toMatchObject({ user: { email: 'ada@example.com', plan: 'PRO' } });
    expect((await shell('formaops users list', env)).out).toContain('ada@example.com');
    expect((await shell('formaops users set-plan nobody@example.com PRO', env)).code).toBe(3);
  });

  it('finds nothing wrong with a stack that is well, and says what is wrong with one that is not', async () => {
    const well = {
      DATABASE_URL: stack.pool.options.connectionString ?? '',
      OPENAI_BASE_URL: `${stack.simulator.url}/v1`,
      OPENAI_API_KEY: 'test',
    };
    const { out, code } = await shell('formaops doctor', well);
    expect(out).toContain('Nothing is wrong.');
    expect(code).toBe(0);
    const ill = { ...well, FORMAOPS_API_KEY: 'fo_live_wrong', QUEUE_URL: 'redis://127.0.0.1:9' };
    const found = await shell('formaops doctor', ill);
    expect(found.code).toBe(1);
    expect(found.out).toContain('2 to mend.');
    expect(found.out).toContain('INVALID_API_KEY');
  });

  it('audits as npm run audit does', async () => {
    const env = { DATABASE_URL: stack.pool.options.connectionString ?? '' };
    const { out, code } = await shell('formaops audit --since 24h', env);
    expect(out).toContain('nothing wrong');
    expect(code).toBe(0);
  });
});
