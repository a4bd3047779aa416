import { fileURLToPath } from 'node:url';
import type { Child } from '../child-process.ts';
import type { EventClientsPlan } from '../load/event-clients.ts';
import type { LoadResult } from '../load/load-plan.ts';
import type { Run } from '../run.ts';
import { cpuBetween, residentMb } from '../sample.ts';
import { modelSimulator, openAiWorker } from '../subjects/formaops/subject.ts';
import { refuseRefusals } from './refuse-refusals.ts';
import type { Scenario } from './scenario.ts';
import { until } from './until.ts';

const clients = 5_000;
/** One in ten never reads. */
const deafEvery = 10;
/** Calls that last as long as the measurement, and their text comes in a piece every four seconds. */
const calls = 100;
const ratePerSecond = 50;
const rounds = 3;

/** What thousands of clients that follow executions cost those who submit: with and without them, in turns. */
export const events: Scenario = {
  name: 'events',
  title: `${clients.toLocaleString('en-US')} clients follow ${calls} running executions, a tenth of them never reads; open loop, ${ratePerSecond} POST/s`,
  headline: 'p99Ratio',
  quick: 'nobody',
  isFor: ({ name }) => name === 'formaops',
  async run(run) {
    const simulator = await run.startOther('simulator', modelSimulator);
    const spec = openAiWorker(run.target, { concurrency: calls }, String(simulator.ready['url']));
    const limits = { MAX_STREAMS: String(clients + 100), MAX_STREAMS_PER_USER: String(clients + 100) };
    const [api] = await Promise.all([run.startApi({ env: limits }), run.startWorker({ spec })]);
    const port = Number(api.ready['port']);
    const model = 'gpt-4o-mini:drip=4000,chunks=64';
    refuseRefusals(await run.load('closed-loop', { port, connections: 16, count: calls, model }));
    const executionIds = await runningIds(run);

    const warmUp = await submit(run, port);
    const without: LoadResult[] = [];
    const withThem: LoadResult[] = [];
    const memory = { before: residentMb(api.pid), after: 0, peak: 0 };
    const seen = { events: 0, closed: 0, seconds: 0, apiCpuShare: 0 };
    for (let round = 0; round < rounds; round += 1) {
      without.push(await submit(run, port));
      const { apiKey } = run.target;
      const followers = await startClients(run, { port, apiKey, executionIds, clients, deafEvery });
      const before = { ...followers.seen, cpu: run.cpu() };
      withThem.push(await submit(run, port));
      const cpu = cpuBetween(before.cpu, run.cpu(), 1);
      const seconds = withThem.at(-1)?.seconds ?? 1;
      seen.apiCpuShare += (cpu.perExecution['api'] ?? 0) / (seconds * 1_000) / rounds;
      memory.peak = Math.max(memory.peak, residentMb(api.pid));
      seen.events += followers.seen.events - before.events;
      seen.closed += followers.seen.closed;
      seen.seconds += seconds;
      await run.stop('clients');
    }
    memory.after = residentMb(api.pid);
    await run.stopAll();
    const [p50, p50Without] = [median(withThem, 'p50'), median(without, 'p50')];
    const [p99, p99Without] = [median(withThem, 'p99'), median(without, 'p99')];
    return {
      figures: {
        p50Ms: p50,
        p50WithoutMs: p50Without,
        p99Ms: p99,
        p99WithoutMs: p99Without,
        p50Ratio: p50 / p50Without,
        p99Ratio: p99 / p99Without,
        apiMbWithout: memory.before,
        apiMbPeak: memory.peak,
        apiMbAfter: memory.after,
        eventsPerSecond: seen.events / seen.seconds,
        cutOff: seen.closed,
        apiCpuShare: seen.apiCpuShare,
        warmUpP99Ms: warmUp.latencyMs.p99,
      },
    };
  },
};

async function submit(run: Run, port: number): Promise<LoadResult> {
  const result = await run.load('open-loop', {
    port,
    ratePerSecond,
    seconds: run.size.seconds,
    warmUpSeconds: 1,
  });
  refuseRefusals(result);
  return result;
}

interface Followers {
  child: Child;
  seen: { events: number; closed: number };
}

async function startClients(run: Run, plan: EventClientsPlan): Promise<Followers> {
  const script = fileURLToPath(new URL('../load/event-clients.ts', import.meta.url));
  const child = await run.startOther('clients', { script, args: [JSON.stringify(plan)], env: {} });
  const seen = { events: 0, closed: 0 };
  child.onMessage(({ events, closed }) => Object.assign(seen, { events, closed }));
  return { child, seen };
}

async function runningIds({ target }: Run): Promise<string[]> {
  let ids: string[] = [];
  const isRunning = async () => {
    const sql = `SELECT id FROM executions WHERE status = 'RUNNING'`;
    ids = (await target.db.query<{ id: string }>(sql)).rows.map(({ id }) => id);
    return ids.length === calls;
  };
  if (!(await until(isRunning, 30))) throw new Error(`only ${ids.length} of ${calls} calls were under way`);
  return ids;
}

function median(results: readonly LoadResult[], quantile: 'p50' | 'p99'): number {
  const sorted = results.map(({ latencyMs }) => latencyMs[quantile]).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
