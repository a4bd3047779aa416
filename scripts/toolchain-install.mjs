import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runStep } from './toolchain-process.mjs';

/** @returns {boolean} whether node_modules and the generated database client are those of the checked-out sources. */
export function installIsCurrent(root) {
  return isCurrent(dependencies(root)) && isCurrent(prismaClient(root));
}

/** Makes node_modules what package-lock.json says. Hold the lock. */
export async function ensureDependencies(root) {
  const stamp = dependencies(root);
  if (isCurrent(stamp)) return;
  await runStep({
    title: 'Installing dependencies',
    // npm runs on the Node it came with, not on ours: its global settings (registry, proxy, certificates) are found relative to that Node.
    command: 'npm',
    // No install scripts: everything needed comes prebuilt, one of the scripts downloads an engine that is never run, and npm before 11 runs
    // them all unasked. NODE_ENV=production or `omit` in an npmrc must not leave out what type checking and tests need.
    args: [
      'ci',
      '--ignore-scripts',
      '--include=dev',
      '--include=optional',
      '--engine-strict=false',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ],
    advice:
      'The dependencies could not be installed. Check that the npm registry can be reached (npm ping) and that the disk is not full, then run the same command again.',
    cwd: root,
  });
  writeFileSync(stamp.file, stamp.value);
}

/** Generates packages/db/generated from prisma/schema.prisma. Hold the lock. */
export async function ensurePrismaClient(root, node) {
  const stamp = prismaClient(root);
  if (isCurrent(stamp)) return;
  rmSync(stamp.file, { force: true });
  await runStep({
    title: 'Generating the database client',
    command: node,
    args: [path.join(root, 'node_modules', 'prisma', 'build', 'index.js'), 'generate'],
    advice: 'The database client could not be generated from prisma/schema.prisma.',
    cwd: root,
    env: {
      ...process.env,
      // `generate` never runs the schema engine but insists on having one, and downloads it unless it is told of an executable.
      PRISMA_SCHEMA_ENGINE_BINARY: node,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  writeFileSync(stamp.file, stamp.value);
}

function dependencies(root) {
  // The packages with binaries differ by platform; a clone can be shared between machines.
  const value = hash(
    readFileSync(path.join(root, 'package-lock.json')),
    `${process.platform}-${process.arch}`,
  );
  return { file: path.join(root, 'node_modules', '.formaops-stamp'), value };
}

function prismaClient(root) {
  const sources = ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'];
  const value = hash(...sources.map((name) => readFileSync(path.join(root, name))));
  return { file: path.join(root, 'packages', 'db', 'generated', '.stamp'), value };
}

function isCurrent({ file, value }) {
  try {
    return readFileSync(file, 'utf8') === value;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

function hash(...parts) {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest('hex');
}
