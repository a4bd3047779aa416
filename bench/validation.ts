/**
 * What a verdict costs: `node bench/validation.ts [repetitions]`. Every figure is the median of interleaved
 * repetitions; beside ours stand the two that nobody should run in production, on the event loop of this process.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createInProcess } from '../packages/validation/src/in-process.fixture.ts';
import {
  createSandboxedJudge,
  type SandboxedJudge,
  type Validation,
} from '../packages/validation/src/index.ts';

const repetitions = Number(process.argv[2] ?? 3);
const runs = 2_000;

const names = Array.from({ length: 10 }, (_, index) => `property${index}`);
const output = JSON.stringify(Object.fromEntries(names.map((name) => [name, 'x'.repeat(85)])));
const schema = {
  type: 'object',
  required: names,
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string', maxLength: 100 }])),
};
const source = '(output, { parsed }) => parsed.property0.length === 85';
const validations = {
  SCHEMA: validation('SCHEMA', schema),
  REGEX: validation('REGEX', { pattern: '"property9":"x+"' }),
  FUNCTION: validation('FUNCTION', { source }),
};

let made = 0;
const pids: number[] = [];
const log = {
  debug: (fields: object) => {
    if ('pid' in fields && typeof fields.pid === 'number') pids.push(fields.pid);
  },
  info: () => undefined,
  warn: () => undefined,
  error: (fields: object, message: string) => console.error(message, fields),
  child: () => log,
};

const table: Record<string, number[][]> = {};
const note = (name: string, figures: number[]) => {
  table[name] = [...(table[name] ?? []), figures];
};

const one = createSandboxedJudge({ children: 1, log });
const two = createSandboxedJudge({ children: 2, log });
await one.ready();
await two.ready();
const inProcess = createInProcess(schema, source);

for (let repetition = 0; repetition < repetitions; repetition++) {
  note('bare Ajv on the event loop', await latencies(async () => inProcess.ajv(output)));
  note('bare new Function on the event loop', await latencies(async () => inProcess.function(output)));
  for (const [type, what] of Object.entries(validations)) {
    note(type, [
      ...(await latencies(() => verdict(one, what))),
      await perSecond(one, what),
      await perSecond(two, what),
    ]);
  }
  note('SCHEMA never seen before', await latencies(() => verdict(two, fresh()), 200));
  note('SCHEMA every millisecond, alone', await neighbour(async () => undefined));
  note('SCHEMA every millisecond, beside a burner', await neighbour(burn));
}

console.log(
  '| | p50 ms | p99 ms | verdicts/s, 1 child | verdicts/s, 2 children |\n| --- | --- | --- | --- | --- |',
);
for (const [name, rows] of Object.entries(table)) {
  const medians = rows[0]?.map((_, index) => median(rows.map((row) => row[index] ?? 0))) ?? [];
  const [p50 = 0, p99 = 0, ...rates] = medians;
  console.log(
    `| ${[name, p50.toFixed(3), p99.toFixed(3), ...[0, 1].map((at) => rates[at]?.toFixed(0) ?? '')].join(' | ')} |`,
  );
}
console.log(
  `memory per child: ${pids
    .map(residentMb)
    .filter((mb) => mb > 0)
    .map(Math.round)
    .join(', ')} MB resident`,
);
console.log(`a killed child is replaced in: ${(await replacementTimes()).map(Math.round).join(', ')} ms`);
await hostileRuns();
await Promise.all([one.close(), two.close()]);

function validation(type: Validation['type'], config: unknown): Validation {
  return { id: type, name: type, type, config };
}

function fresh(): Validation {
  return validation('SCHEMA', { ...schema, title: `never seen before ${made++}` });
}

async function verdict(judge: SandboxedJudge, what: Validation, tenantId = 'bench'): Promise<void> {
  const { status } = await judge.judge({ tenantId, output, validations: [what] });
  if (status !== 'PASSED') throw new Error(`${what.type} did not pass`);
}

async function latencies(run: () => Promise<unknown>, count = runs): Promise<number[]> {
  for (let index = 0; index < count / 10; index++) await run();
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now();
    await run();
    times.push(performance.now() - startedAt);
  }
  return [quantile(times, 0.5), quantile(times, 0.99)];
}

async function perSecond(judge: SandboxedJudge, what: Validation): Promise<number> {
  let left = runs * 2;
  const startedAt = performance.now();
  const lane = async () => {
    while (left-- > 0) await verdict(judge, what);
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return (runs * 2_000) / (performance.now() - startedAt);
}

/** One tenant's verdicts, 1 ms apart, while another does something else. Prints the p95, too. */
async function neighbour(meanwhile: () => Promise<unknown>): Promise<number[]> {
  let stopped = false;
  const others = (async () => {
    while (!stopped) if ((await meanwhile()) === undefined) return;
  })();
  const times: number[] = [];
  const until = performance.now() + 6_000;
  while (performance.now() < until) {
    const startedAt = performance.now();
    await verdict(two, validations.SCHEMA, 'neighbour');
    times.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  stopped = true;
  await others;
  const p95 = quantile(times, 0.95).toFixed(3);
  console.log(
    `${meanwhile === burn ? 'beside a burner' : 'alone'}: p95 ${p95} ms of ${times.length} verdicts`,
  );
  return [quantile(times, 0.5), quantile(times, 0.99)];
}

/** A pattern that takes its whole second. */
function burn(): Promise<unknown> {
  const pattern = validation('REGEX', { pattern: '^(a+)+$' });
  return two.judge({ tenantId: 'burner', output: `${'a'.repeat(60)}!`, validations: [pattern] });
}

async function replacementTimes(): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < 5; index++) {
    const judge = createSandboxedJudge({ children: 1, log });
    await judge.ready();
    process.kill(Number(pids.at(-1)), 'SIGKILL');
    const startedAt = performance.now();
    await verdict(judge, validations.SCHEMA);
    times.push(performance.now() - startedAt);
    await judge.close();
  }
  return times;
}

/** This process's memory over many validations that mean harm and end at once. */
async function hostileRuns(): Promise<void> {
  const harm = [
    validation('FUNCTION', { source: '() => { throw { get message() { while (true); } }; }' }),
    validation('FUNCTION', { source: '() => { while (true); }', timeoutMs: 5, memoryMb: 8 }),
    validation('SCHEMA', { $ref: '#' }),
    validation('REGEX', { pattern: '(' }),
    validation('FUNCTION', { source: '() => ({ valid: true, value: "x".repeat(1e6) })' }),
  ];
  const sizes: number[] = [];
  for (let index = 0; index < 10_000; index++) {
    const what = harm[index % harm.length] ?? validations.SCHEMA;
    await two.judge({ tenantId: `hostile ${index % 7}`, output, validations: [what] });
    if (index % 1_000 === 999) sizes.push(process.memoryUsage.rss() / 1_048_576);
  }
  console.log(
    `this process after each 1,000 of 10,000 hostile runs: ${sizes.map(Math.round).join(', ')} MB resident`,
  );
}

function residentMb(pid: number): number {
  if (!existsSync(`/proc/${pid}/status`)) return 0;
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
}

function quantile(values: number[], at: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * at)] ?? 0;
}

function median(values: number[]): number {
  return quantile(values, 0.5);
}
