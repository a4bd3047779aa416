/** Measures the product beside its rivals; see README.md. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { removeOldLogs } from './child-process.ts';
import { type Contest, chooseContests, measure, nameOf } from './contest.ts';
import type { Noise } from './noise.ts';
import { type Options, readOptions, usage } from './options.ts';
import { type Results, type Row, spreadOf, spreadsOf } from './report/results.ts';
import { writeReport } from './report/write-report.ts';
import type { Measurement } from './scenarios/scenario.ts';
import { startServices } from './services.ts';
import { sizeOf } from './size-of.ts';

type Measured = Measurement & { noise: Noise };
type Outcome = Measured | Error;

const isMeasured = (outcome: Outcome): outcome is Measured => !(outcome instanceof Error);

const { options, contests } = readOptionsOrExit();
const size = sizeOf(options);
if (options.profileDir) mkdirSync(options.profileDir, { recursive: true });

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
}

removeOldLogs();
const startedAt = new Date().toISOString();
const services = await startServices({
  log: (message) => console.log(message),
  statements: options.statements,
});
const descriptions = [services.postgres.description, services.redis.description];
console.log(descriptions.join('\n'));
const outcomes = new Map<string, Outcome[]>();

try {
  for (let repetition = 1; repetition <= options.repeat; repetition += 1) {
    for (const contest of contests) {
      if (stopping.signal.aborted) break;
      if (contest.scenario.once && repetition > 1) continue;
      const stage = { services, size, options, signal: stopping.signal };
      const begunAt = performance.now();
      const outcome = await measure(contest, stage).catch((error: Error) => error);
      const seconds = (performance.now() - begunAt) / 1_000;
      outcomes.set(nameOf(contest), [...(outcomes.get(nameOf(contest)) ?? []), outcome]);
      console.log(describe(contest, outcome, `${repetition} of ${options.repeat}, ${seconds.toFixed(1)} s`));
    }
  }
} finally {
  await services.stop();
}

if (stopping.signal.aborted) process.exit(130);
const results = toResults();
console.log(`\n${writeReport(options.outDir, results)}`);
console.log(`Written to ${options.outDir}`);
process.exit(results.rows.some(({ errors }) => errors.length > 0) ? 1 : 0);

function toResults(): Results {
  const measured = [...outcomes.values()].flat().filter(isMeasured);
  return {
    startedAt,
    commit: commit(),
    machine: {
      CPU: `${cpus().length} × ${cpus()[0]?.model}`,
      memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
      system: `${process.platform} ${release()}, Node ${process.versions.node}`,
    },
    services: descriptions,
    settings: { concurrency: options.concurrency, ...size },
    noise: {
      spinMs: spreadOf(measured.map(({ noise }) => noise.spinMs)),
      syncsPerSecond: spreadOf(measured.map(({ noise }) => noise.syncsPerSecond)),
      othersShare: spreadOf(measured.flatMap(({ othersShare }) => othersShare ?? [])),
    },
    rows: contests.map(toRow),
  };
}

function toRow(contest: Contest): Row {
  const { scenario, subject, backend } = contest;
  const all = outcomes.get(nameOf(contest)) ?? [];
  const repetitions = all.filter(isMeasured);
  return {
    scenario: scenario.name,
    title: scenario.title,
    subject: subject.name,
    subjectTitle: subject.title,
    backend,
    headline: scenario.headline,
    figures: spreadsOf(repetitions.map(({ figures }) => figures)),
    cpuMsPer: spreadsOf(repetitions.map(({ cpuMsPer }) => cpuMsPer ?? {})),
    repetitions,
    errors: all.flatMap((outcome) => (outcome instanceof Error ? [outcome.message] : [])),
  };
}

function describe(contest: Contest, outcome: Outcome, turn: string): string {
  const head = `\n${contest.scenario.name} · ${contest.subject.title} on ${contest.backend} · ${turn}`;
  if (!isMeasured(outcome)) return `${head}\n  failed: ${outcome.stack}`;
  const { figures, cpuMsPer, othersShare, noise } = outcome;
  const machine = `spin ${noise.spinMs.toFixed(0)} ms, ${noise.syncsPerSecond.toFixed(0)} syncs/s`;
  return [
    head,
    `  ${list(figures)}`,
    ...(cpuMsPer ? [`  CPU-ms per execution: ${list(cpuMsPer)}`] : []),
    `  machine: ${machine}${othersShare === undefined ? '' : `, others used ${othersShare.toFixed(2)} cores`}`,
  ].join('\n');
}

function list(values: Record<string, number>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value.toFixed(value < 10 ? 3 : 0)}`)
    .join(' · ');
}

function commit(): string {
  return execFileSync('git', ['describe', '--always', '--dirty'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  }).trim();
}

function readOptionsOrExit(): { options: Options; contests: Contest[] } {
  try {
    const read = readOptions(process.argv.slice(2));
    return { options: read, contests: chooseContests(read) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(64);
  }
}
