import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { QueueBackend } from './subjects/subject.ts';

export interface Options {
  quick: boolean;
  /** Names of scenarios; all when empty. */
  only: string[];
  subjects: string[];
  backends: QueueBackend[];
  repeat: number;
  concurrency: number;
  outDir: string;
  profileDir: string | undefined;
  /** Whether to print what PostgreSQL's time went into. */
  statements: boolean;
  seconds: number | undefined;
  backlog: number | undefined;
  endurance: number | undefined;
  tableRows: number[] | undefined;
}

export const usage = `npm run bench -- [options]

  --quick              small sizes, one repetition: under two minutes
  --only a,b           these rows only: ingest, drain, drain-2, …
  --subject a,b        these subjects only: formaops, …
  --backend b          redis or postgres; both unless given
  --repeat n           repetitions, interleaved; the medians count (3)
  --concurrency n      executions that a worker runs at the same time (512)
  --seconds n          how long a load is measured
  --backlog n          how many executions a drain begins with
  --endurance n        over how many executions memory is watched
  --rows a,b           sizes of the table for table-size
  --profile dir        writes a CPU profile of each of the subject's processes there
  --statements         prints what PostgreSQL's time went into, by pg_stat_statements
  --out dir            where latest.json, latest.md and latest.svg go (bench/results)`;

/** @throws Error in plain words. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      subject: { type: 'string', default: '' },
      backend: { type: 'string' },
      repeat: { type: 'string' },
      concurrency: { type: 'string' },
      seconds: { type: 'string' },
      backlog: { type: 'string' },
      endurance: { type: 'string' },
      rows: { type: 'string' },
      profile: { type: 'string' },
      statements: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Error('Benchmarks of the product and its rivals.');
  return {
    quick: values.quick,
    only: toList(values.only),
    subjects: toList(values.subject),
    backends: toBackends(values.backend),
    repeat: toCount('--repeat', values.repeat) ?? (values.quick ? 1 : 3),
    concurrency: toCount('--concurrency', values.concurrency) ?? 512,
    outDir: values.out ?? join(import.meta.dirname, 'results'),
    profileDir: values.profile,
    statements: values.statements,
    seconds: toCount('--seconds', values.seconds),
    backlog: toCount('--backlog', values.backlog),
    endurance: toCount('--endurance', values.endurance),
    tableRows: values.rows?.split(',').map((text) => toCount('--rows', text) ?? 0),
  };
}

function toList(text: string): string[] {
  return text.split(',').filter((entry) => entry !== '');
}

function toBackends(text: string | undefined): QueueBackend[] {
  if (text === undefined) return ['redis', 'postgres'];
  if (text === 'redis' || text === 'postgres') return [text];
  throw new Error('--backend is redis or postgres');
}

function toCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`${name} is a whole number from 1`);
  return count;
}
