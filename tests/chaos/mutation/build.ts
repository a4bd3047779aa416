import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../rig/repository-root.ts';
import { applyEdit } from './apply-edit.ts';
import type { Edit } from './sabotages.ts';

/** A copy of the sources, with edits. */
export interface Build extends AsyncDisposable {
  root: string;
}

const sources = ['apps', 'packages', 'prisma', 'package.json', 'tsconfig.base.json'];
const ownScope = '@formaops';

/** Copies the product's sources to a temporary folder and edits them there. Third-party packages are shared. */
export async function makeBuild(edits: readonly Edit[]): Promise<Build> {
  const root = await mkdtemp(join(tmpdir(), 'formaops-build-'));
  for (const source of sources)
    await cp(join(repositoryRoot, source), join(root, source), { recursive: true, filter: isShipped });
  await linkPackages(root);
  for (const edit of edits) {
    const file = join(root, edit.file);
    await writeFile(file, applyEdit(await readFile(file, 'utf8'), edit));
  }
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

function isShipped(path: string): boolean {
  return !/node_modules|\.turbo|\.(test|fixture)\.ts$/.test(path);
}

/** Our own packages are links into the sources: in the copy they have to lead to the copy. */
async function linkPackages(root: string): Promise<void> {
  const from = join(repositoryRoot, 'node_modules');
  const to = join(root, 'node_modules');
  await mkdir(join(to, ownScope), { recursive: true });
  for (const name of await readdir(from))
    if (name !== ownScope) await symlink(join(from, name), join(to, name));
  for (const name of await readdir(join(from, ownScope))) {
    const link = await readlink(join(from, ownScope, name));
    await symlink(link, join(to, ownScope, name));
    // What only this package uses, or uses in another version.
    const own = join(from, ownScope, link, 'node_modules');
    if (existsSync(own)) await symlink(own, join(to, ownScope, link, 'node_modules'));
  }
}
