import { globSync } from 'node:fs';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';

const sourceFolders = ['apps', 'packages', 'scripts', 'tests'];
const rootSources = ['prisma.config.ts'];

interface BrokenRule {
  name: string;
  from: string;
  to: string;
  /** Why the rule exists, in the words of .dependency-cruiser.cjs. */
  reason: string;
}

/** `unread` are the sources that dependency-cruiser passed over, as it does in silence when it has no parser for them. */
export interface BoundaryReport {
  broken: BrokenRule[];
  unread: string[];
  modules: number;
}

/** Compares the imports of the tree under `root`, an absolute path, with the rules in `configFile`. */
export async function checkBoundaries(root: string, configFile: string): Promise<BoundaryReport> {
  const { enhancedResolveOptions, ...options } = await extractOptions(configFile);
  const sources = listSources(root);
  const starts = [...sourceFolders, ...rootSources].filter((start) =>
    sources.some((s) => s.startsWith(start)),
  );
  // Not node_modules/@types, which is there unasked: the types of pg among the devDependencies do not declare pg.
  const resolution = { ...enhancedResolveOptions, modules: ['node_modules'] };
  const { output } = await cruise(starts, { ...options, baseDir: root }, resolution);
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered with a text: ${output}`);
  const reasons = new Map(options.ruleSet?.forbidden?.map((rule) => [rule.name, rule.comment ?? '']));
  const broken = output.summary.violations.map(({ rule, from, to, cycle }) => ({
    name: rule.name,
    from,
    to: cycle?.map(({ name }) => name).join(' → ') ?? to,
    reason: reasons.get(rule.name) ?? '',
  }));
  const read = new Set(
    output.modules.filter(({ followable = true }) => followable).map(({ source }) => source),
  );
  return { broken, unread: sources.filter((source) => !read.has(source)), modules: read.size };
}

function listSources(root: string): string[] {
  const patterns = [...sourceFolders.map((folder) => `${folder}/**/*.{ts,mjs}`), ...rootSources];
  const exclude = ['**/node_modules/**', 'packages/db/generated/**'];
  return globSync(patterns, { cwd: root, exclude });
}

function summarize({ broken, unread, modules }: BoundaryReport): string {
  const lines = [
    ...broken.map(({ name, from, to, reason }) => `${from} → ${to}\n    ${name}: ${reason}`),
    ...unread.map((source) => `${source}\n    was not read by dependency-cruiser.`),
  ];
  const sum = `Import boundaries: ${modules} modules, ${broken.length} broken rules, ${unread.length} sources not read.`;
  return [...lines, sum].join('\n');
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  const report = await checkBoundaries(root, join(root, '.dependency-cruiser.cjs'));
  console.log(summarize(report));
  if (report.broken.length + report.unread.length > 0) process.exitCode = 1;
}
