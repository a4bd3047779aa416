/** Measures the product beside its rivals; see README.md. */
import { mkdirSync } from 'node:fs';
import { type Options, readOptions, usage } from './options.ts';
import { createRun } from './run.ts';
import type { Measurement, Scenario, Size } from './scenarios/scenario.ts';
import { scenarios } from './scenarios/scenarios.ts';
import { type Services, startServices } from './services.ts';
import type { QueueBackend, Subject } from './subjects/subject.ts';
import { subjects } from './subjects/subjects.ts';
import { createTarget } from './target.ts';

interface Contest {
  scenario: Scenario;
  subject: Subject;
  backend: QueueBackend;
}

const options = readOptionsOrExit();
const size = sizeOf(options);
const contests = chooseContests(options);
if (options.profileDir) mkdirSync(options.profileDir, { recursive: true });

let stopping: (() => Promise<void>) | undefined;
const services = await startServices((message) => console.log(message));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.log('Stopping …');
    void (stopping?.() ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => services.stop())
      .finally(() => process.exit(130));
  });
}
console.log(`${services.postgres.description}\n${services.redis.description}`);

try {
  for (let repetition = 1; repetition <= options.repeat; repetition += 1) {
    for (const contest of contests) {
      print(contest, await measure(contest, services));
    }
  }
} finally {
  await services.stop();
}

async function measure({ scenario, subject, backend }: Contest, services: Services): Promise<Measurement> {
  const target = await createTarget(services, subject, backend);
  const name = `${scenario.name}-${subject.name}-${backend}`;
  const { concurrency, profileDir } = options;
  const run = createRun({ services, subject, target, size, concurrency, profileDir, name });
  stopping = run.stopAll;
  try {
    return await scenario.run(run);
  } finally {
    stopping = undefined;
    await run.stopAll();
    await target.drop();
  }
}

function print(
  { scenario, subject, backend }: Contest,
  { figures, cpuMsPer, othersShare }: Measurement,
): void {
  const format = (values: Record<string, number>) =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${value.toFixed(value < 10 ? 3 : 0)}`)
      .join(' · ');
  console.log(`${scenario.name}  ${subject.name} on ${backend}\n  ${format(figures)}`);
  if (cpuMsPer) console.log(`  CPU-ms per execution: ${format(cpuMsPer)}`);
  if (othersShare !== undefined) console.log(`  others used ${othersShare.toFixed(2)} cores`);
}

function chooseContests({ only, subjects: wanted, backends }: Options): Contest[] {
  return scenarios
    .filter(({ name }) => only.length === 0 || only.includes(name))
    .flatMap((scenario) =>
      subjects
        .filter((subject) => wanted.length === 0 || wanted.includes(subject.name))
        .filter((subject) => scenario.isFor(subject))
        .flatMap((subject) =>
          backends
            .filter((backend) => subject.backends.includes(backend))
            .map((backend) => ({ scenario, subject, backend })),
        ),
    );
}

function sizeOf({ quick, seconds, backlog }: Options): Size {
  const usual = quick
    ? { seconds: 3, warmUpSeconds: 1, backlog: 4_000, drainSeconds: 6, pickups: 100 }
    : { seconds: 10, warmUpSeconds: 3, backlog: 20_000, drainSeconds: 20, pickups: 1_000 };
  return { ...usual, ...(seconds && { seconds }), ...(backlog && { backlog }) };
}

function readOptionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(64);
  }
}
