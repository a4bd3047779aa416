import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toChart } from './chart.ts';
import { toMarkdown } from './markdown.ts';
import type { Results } from './results.ts';

/** Writes `latest.json`, `latest.md` and `latest.svg`. @returns the Markdown. */
export function writeReport(dir: string, results: Results): string {
  mkdirSync(dir, { recursive: true });
  const markdown = toMarkdown(results);
  writeFileSync(join(dir, 'latest.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(dir, 'latest.md'), markdown);
  writeFileSync(join(dir, 'latest.svg'), toChart(results));
  return markdown;
}
