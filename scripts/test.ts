import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const resultFile = join(root, '.formaops/test/jest-result.json');
const jestArgs = process.argv.slice(2);

/** What is checked without running the product. Each counts as one test. */
const staticChecks: Array<[name: string, command: string, args: string[]]> = [
  ['format and lint', 'node_modules/.bin/turbo', ['run', 'lint', '--output-logs=errors-only']],
  ['types', 'node_modules/.bin/turbo', ['run', 'typecheck', '--output-logs=errors-only']],
  ['import boundaries', 'node_modules/.bin/turbo', ['run', 'boundaries', '--output-logs=errors-only']],
];

interface JestResult {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
}

let passed = 0;
let failed = 0;

// With arguments only Jest runs, and they are its own: npm test -- packages/core
if (jestArgs.length === 0) {
  for (const [name, command, args] of staticChecks) {
    count(name, await run(command, args));
  }
}
await mkdir(join(root, '.formaops/test'), { recursive: true });
await rm(resultFile, { force: true });
const jestCode = await run('node', [
  '--no-node-snapshot',
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  '--json',
  `--outputFile=${resultFile}`,
  ...jestArgs,
]);
const result = await readResult();
passed += result.numPassedTests;
failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
// Jest can also fail as a whole, when its servers do not start.
if (jestCode !== 0 && failed === 0) failed = 1;
// Last and one after the other, because each fills the machine.
if (jestArgs.length === 0)
  for (const backend of ['redis', 'postgres']) count(`chaos on ${backend}`, await smoke(backend));

console.log(`\ntests: ${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

function count(name: string, exitCode: number): void {
  console.log(`${exitCode === 0 ? '✓' : '✗'} ${name}`);
  if (exitCode === 0) passed += 1;
  else failed += 1;
}

/** Crashes and outages of everything, for a minute. Counts as one test. */
function smoke(backend: string): Promise<number> {
  return run('node', [
    'tests/chaos/main.ts',
    '--profile=smoke',
    // Always the same plan: a run that fails here can be pressed again.
    '--seed=1',
    `--backend=${backend}`,
    '--skip-without-redis',
  ]);
}

/** @returns the exit code. */
async function run(command: string, args: string[]): Promise<number> {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
  // Jest's --json prints the result on standard output, too; what people read goes to standard error.
  const child = spawn(command, args, {
    cwd: root,
    env,
    stdio: ['ignore', args.includes('--json') ? 'ignore' : 'inherit', 'inherit'],
  });
  // 'disconnect': whoever started us was killed.
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(event, () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

async function readResult(): Promise<JestResult> {
  try {
    return JSON.parse(await readFile(resultFile, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 };
  }
}
