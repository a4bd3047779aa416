import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';

const DEADLINE_MS = 20_000;
jest.setTimeout(2 * DEADLINE_MS);
const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const children: ChildProcess[] = [];

function start(env: Record<string, string>): ChildProcess {
  const child = fork(main, {
    env: { ...process.env, ...env },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  return child;
}

async function startReady(): Promise<{ child: ChildProcess; url: string }> {
  const child = start({ PORT: '0' });
  const [message] = await once(child, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) });
  expect(message).toEqual({ ready: true, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  return { child, url: message.url };
}

async function exitCode(child: ChildProcess): Promise<unknown> {
  const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(DEADLINE_MS) });
  return code;
}

/** A call that stays open until somebody ends it. */
function hang(url: string): Promise<unknown> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm:latency=3600000', messages: [{ role: 'user', content: 'x' }] }),
  });
}

async function untilCalled(url: string): Promise<void> {
  const calls = z.object({ data: z.array(z.unknown()) });
  while (calls.parse(await (await fetch(`${url}/calls`)).json()).data.length === 0);
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe("the simulator's process", () => {
  it('tells its parent where it listens, and prints it', async () => {
    const { child, url } = await startReady();
    const [line] = await once(child.stdout ?? child, 'data', { signal: AbortSignal.timeout(DEADLINE_MS) });
    expect(JSON.parse(String(line).split('\n')[0] ?? '')).toMatchObject({
      msg: 'model simulator listening',
      url,
    });
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends well on %s, open calls or not', async (signal) => {
    const { child, url } = await startReady();
    const call = hang(url);
    call.catch(() => undefined);
    await untilCalled(url);
    child.kill(signal);
    expect(await exitCode(child)).toBe(0);
    await expect(call).rejects.toThrow('fetch failed');
  });

  it('ends when its parent leaves', async () => {
    const { child } = await startReady();
    child.disconnect();
    expect(await exitCode(child)).toBe(0);
  });

  it('says so and ends when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const child = start({ PORT: String((other.address() as AddressInfo).port) });
    const output = once(child.stdout ?? child, 'data');
    expect(await exitCode(child)).toBe(1);
    expect(String(await output)).toContain('EADDRINUSE');
    other.close();
  });

  it('refuses a port that is none', async () => {
    expect(await exitCode(start({ PORT: '65536' }))).toBe(78);
  });
});
