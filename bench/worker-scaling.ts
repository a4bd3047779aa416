/**
 * How throughput grows with workers, on a model that takes two seconds.
 *
 *   npm start -- --workers 0          (in one terminal)
 *   node bench/worker-scaling.ts      (in another)
 *
 * One and two workers take turns, so that a noisy machine disturbs both alike; the medians count.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const executions = 80;
const rounds = 2;
const model = 'gpt-4o-mini:latency=2000';
const slots = '10';

const state = JSON.parse(await readFile(join(root, '.formaops/dev.json'), 'utf8')) as {
  apiUrl: string;
  apiKey: string;
};

const rates: Record<number, number[]> = { 1: [], 2: [] };
for (let round = 0; round < rounds; round += 1) {
  for (const workers of [1, 2]) {
    const rate = await measure(workers);
    rates[workers]?.push(rate);
    console.log(`${workers} worker(s): ${rate.toFixed(1)} executions/s`);
  }
}
const [one, two] = [median(rates[1] ?? []), median(rates[2] ?? [])];
console.log(
  `medians: ${one.toFixed(1)} and ${two.toFixed(1)} executions/s, a factor of ${(two / one).toFixed(2)}`,
);

/** Completed executions per second, from the first submission to the last end. */
async function measure(count: number): Promise<number> {
  const workers = await Promise.all(Array.from({ length: count }, startWorker));
  const startedAt = performance.now();
  const ids = await Promise.all(Array.from({ length: executions }, submit));
  await Promise.all(ids.map(ended));
  const seconds = (performance.now() - startedAt) / 1_000;
  await Promise.all(workers.map((stop) => stop()));
  return executions / seconds;
}

async function startWorker(): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [join(root, 'apps/local/src/start-worker.ts')], {
    env: { ...process.env, WORKER_CONCURRENCY: slots },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const chunk of child.stdout) if (String(chunk).includes('worker started')) break;
  child.stdout.resume();
  return async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
}

async function request(method: string, path: string, body?: object): Promise<{ id: string; status: string }> {
  const response = await fetch(state.apiUrl + path, {
    method,
    headers: { authorization: `Bearer ${state.apiKey}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as { id: string; status: string };
}

async function submit(): Promise<string> {
  const inputs = { language: 'go', code: 'func main() {}' };
  const { id } = await request('POST', '/v1/executions', {
    promptId: 'demo-prompt-code-reviewer',
    inputs,
    model,
  });
  return id;
}

async function ended(id: string): Promise<void> {
  const { status } = await request('GET', `/v1/executions/${id}?wait=60`);
  if (status !== 'COMPLETED') throw new Error(`${id} is ${status}`);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
