import type { Schemas } from '@formaops/client';
import { type Command, Option } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { CliError } from '../exit-codes.ts';
import type { Cell } from '../output/table.ts';

interface MetricsFlags {
  since: string;
  by?: 'prompt' | 'model' | 'minute' | '5m' | 'hour' | 'day';
}

export function addMetricsCommand(program: Command, act: Act): void {
  program
    .command('metrics')
    .description('show what executions took and cost')
    .option('--since <time>', 'from then until now: 30m, 24h, 7d, or a time', '24h')
    .addOption(
      new Option('--by <what>', 'a line for each').choices([
        'prompt',
        'model',
        'minute',
        '5m',
        'hour',
        'day',
      ]),
    )
    .addHelpText('after', examples('metrics', 'metrics --since 7d --by prompt', 'metrics --by hour --json'))
    .action(act(metrics));
}

async function metrics(context: Context, { since, by }: MetricsFlags): Promise<undefined> {
  const client = await context.client();
  const { signal } = context;
  const query = { from: timeOf(since, new Date()) };
  if (by === undefined) {
    const summary = await client.request('getMetricsSummary', { query, signal });
    context.show(summary, () => describeSummary(summary, context));
    return undefined;
  }
  if (by === 'prompt') {
    const { data } = await client.request('listMetricsByPrompt', { query: { ...query, limit: 100 }, signal });
    context.show(data, () => figuresTable('Prompt', data, ({ prompt }) => prompt.name, context));
  } else if (by === 'model') {
    const { data } = await client.request('listMetricsByModel', { query: { ...query, limit: 100 }, signal });
    context.show(data, () => figuresTable('Model', data, ({ model }) => model, context));
  } else {
    const { data } = await client.request('getMetricsTimeseries', { query: { ...query, step: by }, signal });
    context.show(data, () => figuresTable('From', data, ({ start }) => start, context));
  }
  return undefined;
}

type Figures = Omit<Schemas['MetricsSummary'], 'from' | 'to'>;

function describeSummary(summary: Schemas['MetricsSummary'], context: Context): string {
  const { countByStatus, latencyMs, costUsd, tokens } = summary;
  const counts = Object.entries(countByStatus).filter(([, count]) => count > 0);
  return context.facts([
    ['From', `${summary.from} to ${summary.to}`],
    ['Executions', `${summary.count}${counts.map(([status, count]) => `, ${count} ${status}`).join('')}`],
    ['Validations passed', rate(summary)],
    ['Latency', `${ms(latencyMs.p50)} median, ${ms(latencyMs.p95)} p95, ${ms(latencyMs.average)} mean`],
    ['Cost', `${costUsd.sum} USD${summary.costIsComplete ? '' : ', not all of it known'}`],
    ['Tokens', `${tokens.input} in, ${tokens.output} out`],
  ]);
}

function figuresTable<One extends Figures>(
  title: string,
  data: readonly One[],
  name: (one: One) => Cell,
  context: Context,
): string {
  return context.table(
    [title, 'Executions', 'Failed', 'Passed', 'Median', 'p95', 'USD', 'Tokens'],
    data.map((one) => [
      name(one),
      one.count,
      one.countByStatus.FAILED,
      rate(one),
      ms(one.latencyMs.p50),
      ms(one.latencyMs.p95),
      one.costUsd.sum,
      one.tokens.total,
    ]),
  );
}

function rate({ validationPassRate }: Pick<Figures, 'validationPassRate'>): string {
  return validationPassRate === null ? '–' : `${(100 * validationPassRate).toFixed(1)} %`;
}

function ms(value: number | null): string {
  return value === null ? '–' : `${Math.round(value)} ms`;
}

const unitsMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @throws CliError when it is neither a time nor how long ago. */
export function timeOf(text: string, now: Date): string {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count) return new Date(now.getTime() - Number(count) * (unitsMs[unit] ?? 0)).toISOString();
  const time = new Date(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(time.getTime())) return time.toISOString();
  throw new CliError('--since must look like 30m, 24h, 7d or 2026-11-25T10:00:00Z');
}
