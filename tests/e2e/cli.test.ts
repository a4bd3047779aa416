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
  stack = await startStack('postgres', { apiEnv: { WEBHOOK_SECRET_KEY: 'w'.repeat(32) } });
  await stack.startWorker();
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const main = join(root, 'apps/cli/src/main.ts');

function environment(changes: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    FORMAOPS_STATE_DIR: dir,
    FORMAOPS_API_URL: stack.apiUrl,
    FORMAOPS_API_KEY: stack.user.apiKey,
    ...changes,
  };
}

interface Ended {
  out: string;
  err: string;
  code: number | null;
}

/** Runs a line of a shell, in which `formaops` is the command line of this clone. */
async function shell(line: string, env: Record<string, string> = {}): Promise<Ended> {
  const cli = `${process.execPath} --disable-warning=ExperimentalWarning ${main}`;
  const child = spawn(
    'sh',
    ['-c', `formaops() { ${cli} "$@"; }; ${line.replaceAll('./formaops', 'formaops')}`],
    {
      cwd: dir,
      env: environment(env),
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
    const run = `formaops run ${stack.promptId} -i text=hello --follow`;
    const slow = "--model 'gpt-4o-mini:latency=1500,drip=50,chunks=20'";
    const { out, err, code } = await shell(`${run} ${slow}`);
    expect(code).toBe(0);
    expect(err).toContain('Execution completed');
    const [, id = ''] = /^(\S+) COMPLETED, validation SKIPPED, [\d.]+ USD$/m.exec(err) ?? [];
    expect(out).toBe(`${(await stack.ended(id)).output}\n`);
    const lines = (await shell(`${run} ${slow} --json`)).out.trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'status', status: 'COMPLETED' });
    const failed = await shell(
      `formaops run ${stack.promptId} -i text=hello --model 'gpt-4o-mini:status=400' --json`,
    );
    expect(failed.code).toBe(1);
    const { id: failedId, ...rest } = JSON.parse(failed.out);
    expect(rest).toMatchObject({ status: 'FAILED' });
    expect((await shell(`formaops show ${failedId}`)).out).toMatch(
      /^Error +PROVIDER_BAD_REQUEST: .*\nWhat to do +Check the model, the parameters/m,
    );
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
    // Nothing is read at all: the first line that is written fails.
    const { err } = await shell('formaops list | true');
    expect(err).toBe('');
  });

  it('goes on without those who read what is said about the work', async () => {
    const run = `formaops run ${stack.promptId} -i text=hello --model gpt-4o-mini:echo --follow`;
    const { out } = await shell(`${run} 2>&1 >result.txt | true; cat result.txt`);
    expect(out).toContain('hello');
  });

  it('leaves an execution alone when it is interrupted, and says how to stop it', async () => {
    const args = ['run', stack.promptId, '-i', 'text=hello', '--model', 'gpt-4o-mini:hang', '--follow'];
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
      cwd: dir,
      env: environment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const closed = once(child, 'close');
    let said = '';
    for await (const piece of child.stderr.setEncoding('utf8')) {
      said += piece;
      if (child.killed || !said.includes('Attempt started')) continue;
      // Twice, as when a terminal tells the whole group, and whoever started this process passes it on.
      child.kill('SIGINT');
      child.kill('SIGINT');
    }
    expect(await closed).toEqual([130, null]);
    const [, id = ''] = /formaops cancel (\S+) stops it\.\n$/.exec(said) ?? [];
    expect((await shell(`formaops cancel ${id}`)).out).toMatch(/is being stopped|is cancelled/);
    expect(await stack.ended(id)).toMatchObject({ status: 'CANCELLED' });
  });

  it('issues a key that does what it may until it is revoked', async () => {
    const created = await shell("formaops keys create 'Build server' --scope read");
    expect(created).toEqual({
      out: expect.stringMatching(/^fo_live_\w{36}\n$/),
      err: expect.any(String),
      code: 0,
    });
    const key = created.out.trim();
    const env = { FORMAOPS_API_KEY: key };
    expect((await shell('formaops list', env)).code).toBe(0);
    expect((await shell('formaops cancel x', env)).code).toBe(4);
    const { out } = await shell('formaops keys list --json');
    expect(out).not.toContain(key);
    const { id } = JSON.parse(out).find(({ name }: { name: string }) => name === 'Build server');
    expect((await shell(`formaops keys rename ${id} 'Old server'`)).out).toContain('Old server');
    expect((await shell(`formaops keys revoke ${id}`)).out).toBe('Old server is revoked\n');
    expect((await shell('formaops list', env)).code).toBe(4);
  });

  it('keeps every version of a prompt, and makes an old one new', async () => {
    const create =
      "printf 'Say {{a}}' >own.txt; formaops prompts create --name Own --template own.txt -v a!=string";
    expect((await shell(create)).out).toContain('Own: a draft');
    await shell("printf 'Sing {{a}}' >own.txt; formaops prompts edit own --template own.txt -m Louder");
    const again = await shell('formaops prompts edit own --template own.txt');
    expect(again.out).toContain('was like that already');
    expect(await shell('formaops list --prompt OWN')).toMatchObject({ out: 'None.\n', code: 0 });
    expect((await shell('formaops list --prompt nobodys')).code).toBe(3);
    const listed = JSON.parse((await shell('formaops prompts versions Own --json')).out);
    expect(listed).toMatchObject([{ version: 2, changeLog: 'Louder' }, { version: 1 }]);
    const first = await shell('formaops prompts show Own --prompt-version 1');
    expect(first.out).toMatch(/version 1\n[\s\S]*\nSay \{\{a\}\}\n$/);
    expect((await shell('formaops prompts restore Own 1')).out).toContain('has version 3 now');
    expect((await shell('formaops prompts list -q OWN --json')).out).toContain('"version":3');
    expect((await shell('formaops prompts delete Own')).code).toBe(0);
    expect((await shell('formaops prompts show Own')).code).toBe(3);
  });

  it('judges a text, switches validations off and on, and deletes them', async () => {
    expect(await shell("echo OK | formaops validations try - --pattern '^OK'")).toMatchObject({
      out: 'PASSED\n',
      code: 0,
    });
    const failed = await shell("echo OK | formaops validations try - --pattern '^NO'");
    expect([failed.code, failed.out]).toEqual([
      1,
      'FAILED\nOUTPUT_PATTERN_MISMATCH\nthe pattern does not match the output\n',
    ]);
    const of = stack.promptId;
    await shell(`formaops validations add ${of} --name Short --pattern '^.{0,9}$'`);
    expect((await shell(`formaops validations off ${of} Short`)).out).toContain('Short is off');
    expect((await shell(`formaops validations list ${of} --json`)).out).toContain('"isActive":false');
    expect((await shell(`formaops validations on ${of} Short`)).out).toContain('Short is on');
    expect((await shell(`formaops validations delete ${of} Short`)).code).toBe(0);
    expect((await shell(`formaops validations list ${of}`)).out).toBe('None.\n');
  });

  it('runs an execution again, removes what it was about, and adds up what all of it took', async () => {
    const { id } = await stack.submit({}, '?wait=25');
    const again = await shell(`formaops rerun ${id}`);
    expect(await stack.ended(again.out.trim())).toMatchObject({ status: 'COMPLETED', rerunOf: id });
    expect((await shell(`formaops redact ${id}`)).code).toBe(0);
    expect(JSON.parse((await shell(`formaops show ${id} --json`)).out)).toMatchObject({ id, output: null });
    const { count, countByStatus } = JSON.parse((await shell('formaops metrics --json')).out);
    expect(countByStatus.COMPLETED).toBeGreaterThanOrEqual(2);
    const [prompt] = JSON.parse((await shell('formaops metrics --by prompt --json')).out);
    expect([prompt.prompt.id, prompt.count <= count]).toEqual([stack.promptId, true]);
  });

  it('registers a webhook, shows its secret once, and what was sent to it', async () => {
    const added = await shell('formaops webhooks add https://example.com/hook --event execution.failed');
    const [id = '', secret = ''] = added.out.split('\n');
    expect([added.code, secret]).toEqual([0, expect.stringMatching(/^whsec_.{32}$/)]);
    const rotated = await shell(`formaops webhooks rotate-secret ${id}`);
    expect(rotated.out).toMatch(/^whsec_.{32}\n$/);
    expect(rotated.out).not.toContain(secret);
    expect((await shell(`formaops webhooks test ${id}`)).out).toContain('is on its way');
    const [sent] = JSON.parse((await shell(`formaops webhooks deliveries ${id} --json`)).out);
    expect(sent).toMatchObject({ eventType: 'webhook.test', status: 'PENDING' });
    expect((await shell(`formaops webhooks redeliver ${id} ${sent.id}`)).out).toBe(
      `${sent.id} is on its way\n`,
    );
    expect((await shell(`formaops webhooks off ${id}`)).out).toContain('is off');
    const listed = await shell('formaops webhooks list');
    expect(listed.out).toMatch(/https:\/\/example\.com\/hook +execution\.failed +no/);
    expect(listed.out + rotated.err).not.toContain(secret);
    expect((await shell(`formaops webhooks delete ${id}`)).code).toBe(0);
    expect((await shell('formaops webhooks list')).out).toBe('None.\n');
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
    expect((await shell('formaops users key ada@example.com', env)).out).toMatch(/^fo_live_\w{36}\n$/);
    expect((await shell('formaops users list', { DATABASE_URL: 'postgres://127.0.0.1:9/x' })).code).toBe(5);
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
    expect((await shell('formaops audit --since yesterday', env)).code).toBe(2);
    expect((await shell('formaops audit', { DATABASE_URL: 'postgres://127.0.0.1:9/x' })).code).toBe(5);
  });
});
