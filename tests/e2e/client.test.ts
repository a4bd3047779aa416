import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FormaOps } from '@formaops/client';
import { issueApiKey, seed } from '@formaops/db';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildClient } from '../../scripts/build-client.ts';
import { backends } from './backends.ts';
import { startStack } from './stack.ts';

const run = promisify(execFile);
const readme = join(import.meta.dirname, '../../packages/client/README.md');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'formaops-client-'));
  await buildClient(join(folder, 'node_modules/@formaops/client'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the published client', () => {
  it('runs the example of its README', async () => {
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(await readFile(readme, 'utf8')) ?? [];
    await writeFile(join(folder, 'example.mjs'), example);
    await using stack = await startStack('postgres');
    const { userId } = await seed(stack.pool);
    await stack.startWorker();
    const { stdout } = await run(process.execPath, ['example.mjs'], {
      cwd: folder,
      env: {
        FORMAOPS_API_KEY: await issueApiKey(stack.pool, userId, 'test'),
        FORMAOPS_API_URL: stack.apiUrl,
      },
    });
    expect(stdout).toMatch(/^COMPLETED PASSED 0\.\d{6}\n\{[^}]*overall_rating: \d/);
  });

  it('imports nothing, and says so', async () => {
    const manifest = JSON.parse(
      await readFile(join(folder, 'node_modules/@formaops/client/package.json'), 'utf8'),
    );
    expect(manifest).toMatchObject({ name: '@formaops/client', sideEffects: false, type: 'module' });
    expect([manifest.dependencies, manifest.private]).toEqual([undefined, undefined]);
  });
});

describe.each(backends)('the client with the queue on %s', (backend) => {
  it('follows an execution while it runs, and all of them', async () => {
    await using stack = await startStack(backend);
    await stack.startWorker();
    const client = new FormaOps({ apiKey: stack.user.apiKey, baseUrl: stack.apiUrl });
    const stop = new AbortController();
    const all = client.events.stream({}, { signal: stop.signal });
    const firstOfAll = all.next();
    const { id } = await client.executions.submit({
      promptId: stack.promptId,
      inputs: { text: 'The quick brown fox jumps over the lazy dog' },
      model: 'gpt-4o-mini:echo',
    });
    const story: string[] = [];
    let text = '';
    for await (const event of client.executions.stream(id)) {
      if (event.type === 'status') story.push(event.status);
      if (event.type === 'log') story.push(event.message);
      if (event.type === 'output') text = text.slice(0, event.offset) + event.text;
    }
    expect(story[0]).toBe('PENDING');
    expect(story.at(-1)).toBe('COMPLETED');
    expect(story).toContain('Model answered');
    const { output } = await client.executions.get(id);
    expect(output).toContain(text);
    expect(await firstOfAll).toMatchObject({ value: { type: 'status' } });
    stop.abort();
  });
});
