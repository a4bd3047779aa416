import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFixtureTree, type Sources } from './fixture-tree.ts';

interface Rules {
  rules: Record<string, string | Record<string, unknown>>;
}

interface Config {
  linter: Rules;
  overrides: { linter: Rules }[];
  plugins: (string | { path: string })[];
}

interface Diagnostic {
  category: string;
  message: string;
  location: { path: string };
}

const repository = join(import.meta.dirname, '../..');
const config: Config = JSON.parse(readFileSync(join(repository, 'biome.json'), 'utf8'));
const plugins = config.plugins.map((plugin) => join(typeof plugin === 'string' ? plugin : plugin.path));

/** What each rule of biome.json is there to stop; every source breaks the rule. */
const violations: Record<string, Sources> = {
  'infra/lint/status-writes.grit': {
    'packages/db/src/executions/queries.ts':
      "export const sql = `\n  UPDATE executions x SET status = 'FAILED'`;",
    'packages/db/src/prompts/delete.ts': 'export const sql = \'update "executions" set "status" = $1\';',
    'packages/queue/src/settle.ts':
      'export const sql = `WITH w AS (SELECT 1) UPDATE ONLY public.executions SET a = 1`;',
    'apps/api/src/insert.ts': 'export const sql = "INSERT INTO \\"public\\".\\"executions\\" VALUES ($1)";',
    'apps/worker/src/merge.ts': 'export const sql = `MERGE INTO executions USING x ON true`;',
    'apps/worker/src/raw.ts': 'export const run = (db) => db.$executeRaw`UPDATE executions SET status = 1`;',
    'apps/worker/src/prisma.ts': 'export const fail = (db, where) => db.execution.updateMany({ where });',
  },
  'infra/lint/pure-core.grit': {
    'packages/core/src/clock.ts': 'export const now = () => new Date();',
    'packages/core/src/dice.ts': 'export const roll = () => Math.random();',
    'packages/core/src/wait.ts': 'export const wait = (then) => setTimeout(then, 1);',
    'packages/core/src/settings.ts': 'export const folder = () => process.cwd();',
  },
  'infra/lint/process-env.grit': {
    'packages/db/src/destructures.ts': 'export const { env } = process;',
    'apps/api/src/imports.ts': "import { env } from 'node:process';\nexport const url = env.URL;",
  },
  'infra/lint/import-types.grit': { 'packages/db/src/hides.ts': "export type Pool = import('pg').Pool;" },
  noConsole: { 'apps/worker/src/prints.ts': "console.log('done');" },
  noEmptyBlockStatements: {
    'apps/api/src/swallows.ts': 'try {\n  f();\n} catch {}\nfunction f() {\n  return 1;\n}',
  },
  noExplicitAny: { 'packages/db/src/any.ts': 'export const row = (x: any) => x;' },
  noEnum: { 'packages/core/src/enum.ts': 'export enum Status {\n  Pending,\n}' },
  noNonNullAssertion: { 'packages/db/src/trusts.ts': 'export const id = (x: { id?: string }) => x.id!;' },
  noParameterAssign: {
    'packages/db/src/assigns.ts': 'export function f(x: number) {\n  x = 1;\n  return x;\n}',
  },
  noProcessEnv: {
    'packages/db/src/env.ts': 'export const url = process.env.DATABASE_URL;',
    'apps/local/src/start.ts': "export const url = process.env['DATABASE_URL'];",
  },
  useFilenamingConvention: { 'packages/db/src/newId.ts': 'export {};' },
  useImportType: { 'packages/db/src/imports.ts': "import { A } from './a.ts';\nexport type B = A;" },
  useNodejsImportProtocol: { 'packages/db/src/reads.ts': "import 'fs';" },
  noUnusedImports: { 'packages/db/src/unused-import.ts': "import { a } from './a.ts';" },
  noUnusedVariables: { 'packages/db/src/unused.ts': 'const a = 1;' },
  noReExportAll: { 'packages/db/src/index.ts': "export * from './a.ts';" },
  noFloatingPromises: {
    'packages/db/src/forgets.ts': 'async function f() {\n  return 1;\n}\nexport function g() {\n  f();\n}',
  },
  noMisusedPromises: {
    'packages/db/src/misuses.ts':
      'async function f() {\n  return 1;\n}\nexport const g = () => (f() ? 1 : 2);',
  },
  noFocusedTests: { 'packages/db/src/a.test.ts': "describe.only('a', () => undefined);" },
  noSkippedTests: { 'packages/db/src/b.test.ts': "describe.skip('a', () => undefined);" },
};

/** The same where it belongs. */
const allowed: Sources = {
  'packages/db/src/executions/transition/settle.ts':
    "export const sql = `UPDATE executions SET status = 'FAILED'`;",
  'packages/db/src/executions/insert.ts': 'export const sql = `INSERT INTO executions VALUES ($1)`;',
  'packages/db/src/executions/settle.integration.test.ts':
    'export const sql = `UPDATE executions SET status = $1`;',
  'packages/db/src/executions/read.ts':
    '// Not an UPDATE executions SET status.\nexport const sql = `SELECT status FROM executions FOR UPDATE`;',
  'packages/db/src/executions/prune.ts': 'export const sql = `DELETE FROM executions WHERE status = $1`;',
  'packages/db/src/executions/log.ts': 'export const sql = `INSERT INTO executions_log VALUES ($1)`;',
  'packages/db/src/prompts/publish.ts': "export const sql = `UPDATE prompts SET status = 'PUBLISHED'`;",
  'packages/db/src/executions/find.ts':
    'export const find = (db: Reader) => db.execution.findMany();\ninterface Reader {\n  execution: { findMany(): number };\n}',
  'packages/core/src/later.ts':
    'export const later = (now: Date, ms: number) => new Date(now.getTime() + ms);',
  'packages/runtime/src/clock.ts': 'export const now = () => new Date();',
  'apps/api/src/env.ts': 'export const env = process.env;',
  'apps/local/src/progress.ts': "console.log('ready');",
  'scripts/check.ts': "console.log(process.env['CI']);",
};

describe('lint rules', () => {
  const sources: Sources = Object.assign({}, allowed, ...Object.values(violations));
  let tree: ReturnType<typeof createFixtureTree>;
  let diagnostics: Diagnostic[];

  beforeAll(() => {
    tree = createFixtureTree(sources, ['biome.json', 'infra/lint', '.gitignore']);
    diagnostics = lint(tree.root);
  });
  afterAll(() => tree.remove());

  const cases = Object.entries(violations).flatMap(([rule, broken]) =>
    Object.keys(broken).map((path) => ({ rule, path })),
  );
  it.each(cases)('$rule fires in $path', ({ rule, path }) => {
    const found = diagnostics.filter(({ location }) => location.path === path);
    expect(found.map(nameOf)).toContain(rule);
  });

  it('lets everything pass that is where it belongs', () => {
    expect(diagnostics.filter(({ location }) => location.path in allowed)).toEqual([]);
  });

  it('sees every rule of the configuration fire here', () => {
    expect(Object.keys(violations).sort()).toEqual(configuredRules().sort());
  });
});

function lint(root: string): Diagnostic[] {
  const biome = join(repository, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '--diagnostic-level=error'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  try {
    return JSON.parse(stdout).diagnostics;
  } catch (cause) {
    throw new Error(`Biome did not run: ${stderr}`, { cause });
  }
}

/** The rule, or the plugin that holds the message: Biome reports all plugins under one name. */
function nameOf({ category, message }: Diagnostic): string {
  const plugin = plugins.find((path) => readFileSync(join(repository, path), 'utf8').includes(message));
  return plugin ?? category.replace(/^.*\//, '');
}

function configuredRules(): string[] {
  const groups = [config.linter, ...config.overrides.map(({ linter }) => linter)].flatMap(({ rules }) =>
    Object.values(rules).filter((group) => typeof group === 'object'),
  );
  const levels = groups.flatMap((group) => Object.entries(group));
  return [...plugins, ...levels.filter(([, level]) => level !== 'off').map(([rule]) => rule)];
}
