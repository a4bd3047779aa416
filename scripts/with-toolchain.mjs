/**
 * `node scripts/with-toolchain.mjs <script.ts> [args…]` runs a script of this repository on Node 24 with its dependencies
 * installed and its database client generated, whatever the machine has had so far. It is what `npm start`, `npm test` and
 * `npm run worker` call, so it has to run on any Node from 18 on, without node_modules.
 *
 * What is in place already costs a few file reads: each step is skipped while the stamp of its last success is still right.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies, ensurePrismaClient, installIsCurrent } from './toolchain-install.mjs';
import { withLock } from './toolchain-lock.mjs';
import { ensureNode, findNode } from './toolchain-node.mjs';
import { endLike, runScript, ToolchainError } from './toolchain-process.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const [script, ...args] = process.argv.slice(2);

async function prepare() {
  const ready = findNode(root);
  if (ready !== undefined && installIsCurrent(root)) return ready;
  return withLock(path.join(root, '.formaops', 'toolchain.lock'), async () => {
    const node = await ensureNode(root);
    await ensureDependencies(root);
    await ensurePrismaClient(root, node);
    return node;
  });
}

async function main() {
  if (script === undefined)
    throw new ToolchainError('usage: node scripts/with-toolchain.mjs <script.ts> [args…]');
  const node = await prepare();
  endLike(await runScript(node, path.resolve(root, script), args));
}

/** One line a user can act on; a stack trace only for what nobody foresaw. */
function explain(error) {
  if (error instanceof ToolchainError) return error.message;
  if (error?.code === 'EACCES' || error?.code === 'EPERM')
    return `${error.message}\nParts of this clone belong to another user. Run the command as that user, or give them back with chown -R.`;
  return error?.stack ?? String(error);
}

main().catch((error) => {
  if (error?.ended !== undefined) return endLike(error.ended);
  console.error(explain(error));
  process.exitCode = 1;
});
