import { listenForNoise, type Noise } from './noise.ts';
import type { Options } from './options.ts';
import { createRun, type Run } from './run.ts';
import type { Measurement, Scenario, Size } from './scenarios/scenario.ts';
import { scenarios } from './scenarios/scenarios.ts';
import type { Services } from './services.ts';
import { resetStatements, topStatements } from './statements.ts';
import type { QueueBackend, Subject } from './subjects/subject.ts';
import { subjects } from './subjects/subjects.ts';
import { createTarget, type OwnTarget } from './target.ts';

/** One row for one subject on one backend. */
export interface Contest {
  scenario: Scenario;
  subject: Subject;
  backend: QueueBackend;
}

/** @throws Error when a name is unknown, or nothing is left. */
export function chooseContests({ quick, only, subjects: wanted, backends }: Options): Contest[] {
  requireKnown(only, scenarios);
  requireKnown(wanted, subjects);
  const contests = scenarios
    .filter(({ name }) => only.length === 0 || only.includes(name))
    .flatMap((scenario) =>
      subjects
        .filter((subject) => wanted.length === 0 || wanted.includes(subject.name))
        .flatMap((subject) =>
          subject.backends
            .filter((backend) => backends.includes(backend) && scenario.isFor(subject, backend))
            .map((backend) => ({ scenario, subject, backend })),
        ),
    )
    // Whoever names a row gets all of it.
    .filter((contest) => !quick || only.length > 0 || isQuick(contest));
  if (contests.length === 0) throw new Error('no subject has such a row');
  return contests;
}

function isQuick({ scenario, subject, backend }: Contest): boolean {
  if (subject.isVariant) return false;
  if (scenario.quick === 'everybody') return subject.name === 'formaops' || backend === subject.backends[0];
  return scenario.quick === 'product' && subject.name === 'formaops' && backend === 'redis';
}

export function nameOf({ scenario, subject, backend }: Contest): string {
  return `${scenario.name}-${subject.name}-${backend}`;
}

export interface Stage {
  services: Services;
  size: Size;
  options: Options;
  /** Aborted when everything is to be stopped. */
  signal: AbortSignal;
}

/** Runs a contest once, in surroundings of its own, which are gone afterwards. */
export async function measure(contest: Contest, stage: Stage): Promise<Measurement & { noise: Noise }> {
  const { services, size, options, signal } = stage;
  const { concurrency, profileDir } = options;
  const target = await createTarget(services, contest.subject, contest.backend);
  const run = createRun({
    services,
    subject: contest.subject,
    target,
    size,
    concurrency,
    profileDir,
    name: nameOf(contest),
  });
  try {
    const noise = listenForNoise();
    if (options.statements) await resetStatements(services.postgres.url);
    const measurement = await unlessAborted(contest.scenario.run(run), signal);
    if (options.statements) console.log((await topStatements(services.postgres.url)).join('\n'));
    return { ...measurement, noise };
  } finally {
    await end(run, target);
  }
}

async function end(run: Run, target: OwnTarget): Promise<void> {
  try {
    await run.stopAll();
  } finally {
    await target.drop();
  }
}

function unlessAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function requireKnown(names: readonly string[], known: readonly { name: string }[]): void {
  for (const name of names) {
    if (known.some((one) => one.name === name)) continue;
    throw new Error(`${name} is not one of ${known.map((one) => one.name).join(', ')}`);
  }
}
