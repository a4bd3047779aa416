import { cpuRoles, figureTitles } from './figures.ts';
import type { Results, Row, Spread } from './results.ts';

/** The whole report, tables first. */
export function toMarkdown(results: Results): string {
  const names = [...new Set(results.rows.map(({ scenario }) => scenario))];
  return [
    '# Benchmarks',
    '',
    ...Object.entries(results.machine).map(([name, value]) => `- ${name}: ${value}`),
    ...results.services.map((service) => `- ${service}`),
    `- ${results.startedAt}, commit ${results.commit}, ${JSON.stringify(results.settings)}`,
    '',
    'Medians of interleaved repetitions; how far the headline figure went in brackets.',
    '',
    '![Throughput](latest.svg)',
    '',
    ...summary(results.rows),
    ...names.flatMap((name) => section(results.rows.filter(({ scenario }) => scenario === name))),
    '## The machine meanwhile',
    '',
    table(
      ['', 'median', 'least', 'most'],
      [
        ['milliseconds for a fixed piece of computing', ...spreadCells(results.noise.spinMs, 1)],
        ['synchronous 8 KB writes per second', ...spreadCells(results.noise.syncsPerSecond, 0)],
        ['cores that others used during a run', ...spreadCells(results.noise.othersShare, 2)],
      ],
    ),
    '',
  ].join('\n');
}

/** One line for each subject and backend, one column for each throughput. */
function summary(rows: Row[]): string[] {
  const columns = [
    ['ingest', 'perSecond', 'ingest POST/s'],
    ['ingest', 'p99Ms', 'p99 ms'],
    ['drain', 'perSecond', 'drain exec/s, 1 worker'],
    ['drain-2', 'perSecond', '2 workers'],
    ['together', 'completedPerSecond', 'submit + work, completed/s'],
    ['together', 'completedPerAccepted', 'completed ÷ accepted'],
    ['pickup', 'p50Ms', 'pickup p50 ms'],
    ['pickup', 'p99Ms', 'p99 ms'],
  ] as const;
  const shown = columns.filter(([scenario]) => rows.some((row) => row.scenario === scenario));
  if (shown.length === 0) return [];
  const contestants = [...new Set(rows.map(contestantOf))];
  const lines = contestants
    .map((contestant) => [
      contestant,
      ...shown.map(([scenario, figure]) => {
        const row = rows.find((one) => one.scenario === scenario && contestantOf(one) === contestant);
        return cell(row?.figures[figure], figure);
      }),
    ])
    .filter(([, ...cells]) => cells.some((text) => text !== ''));
  return [table(['', ...shown.map(([, , title]) => title)], lines), ''];
}

function section(rows: Row[]): string[] {
  const [first] = rows;
  if (!first) return [];
  if (Object.keys(first.figures).some((name) => name.includes('@'))) return bySize(first);
  const names = Object.keys(figureTitles).filter((name) => rows.some((row) => name in row.figures));
  const roles = cpuRoles.filter((role) => rows.some((row) => role in row.cpuMsPer));
  const lines = rows.map((row) => [
    contestantOf(row),
    ...names.map((name) => {
      const range =
        name === first.headline && row.repetitions.length > 1 ? rangeOf(row.figures[name], name) : '';
      return `${cell(row.figures[name], name)}${range}`;
    }),
    ...roles.map((role) => row.cpuMsPer[role]?.median.toFixed(2) ?? ''),
  ]);
  const titles = [
    ...names.map((name) => figureTitles[name]?.title ?? name),
    ...roles.map((role) => `CPU-ms: ${role}`),
  ];
  const errors = rows.flatMap((row) =>
    row.errors.map((error) => `- ${contestantOf(row)}: ${error.split('\n')[0]}`),
  );
  return [
    `## ${first.title}`,
    '',
    table(['', ...titles], lines),
    '',
    ...errors,
    ...(errors.length > 0 ? [''] : []),
  ];
}

/** For figures called `name@size`: one line for each size, and the largest beside the smallest. */
function bySize({ title, figures }: Row): string[] {
  const keys = Object.keys(figures).map((key) => key.split('@'));
  const names = [...new Set(keys.map(([name = '']) => name))];
  const sizes = [...new Set(keys.map(([, size = '']) => size))];
  const value = (name: string, size: string | undefined) => figures[`${name}@${size}`];
  const lines = sizes.map((size) => [
    Number(size).toLocaleString('en-US'),
    ...names.map((name) => cell(value(name, size), name)),
  ]);
  const ratios = names.map((name) => {
    const [least, most] = [value(name, sizes[0]), value(name, sizes.at(-1))];
    return least && most ? format(most.median / least.median, 2) : '';
  });
  const titles = names.map((name) => figureTitles[name]?.title ?? name);
  return [`## ${title}`, '', table(['executions', ...titles], [...lines, ['last ÷ first', ...ratios]]), ''];
}

function contestantOf({ subjectTitle, backend }: Row): string {
  return `${subjectTitle} on ${backend === 'redis' ? 'Redis' : 'PostgreSQL'}`;
}

function cell(spread: Spread | undefined, name: string): string {
  return spread ? format(spread.median, figureTitles[name]?.digits ?? 2) : '';
}

function rangeOf(spread: Spread | undefined, name: string): string {
  const digits = figureTitles[name]?.digits ?? 2;
  return spread ? ` (${format(spread.min, digits)} – ${format(spread.max, digits)})` : '';
}

function spreadCells({ median, min, max }: Spread, digits: number): string[] {
  return [median, min, max].map((value) => format(value, digits));
}

function format(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function table(head: string[], lines: string[][]): string {
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
