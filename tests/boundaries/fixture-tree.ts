import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const repository = join(import.meta.dirname, '../..');

/** Texts by their path in the repository. */
export type Sources = Record<string, string>;

/** A temporary folder with `sources` and copies of the repository's own `files`; `remove` deletes it. */
export function createFixtureTree(sources: Sources, files: string[]) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'formaops-fixture-')));
  for (const file of files) cpSync(join(repository, file), join(root, file), { recursive: true });
  for (const [path, source] of Object.entries(sources)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), source);
  }
  return { root, remove: () => rmSync(root, { recursive: true }) };
}

/** The repository's workspaces with empty entry points and nothing declared but `dependencies`, by folder. */
export function emptyWorkspaces(dependencies: Record<string, string[]>): Sources {
  return Object.fromEntries(
    workspaceFolders().flatMap((folder) => {
      const declared = Object.fromEntries((dependencies[folder] ?? []).map((name) => [name, '*']));
      const manifest = { name: `@formaops/${basename(folder)}`, type: 'module', exports: './src/index.ts' };
      return [
        [`${folder}/package.json`, JSON.stringify({ ...manifest, dependencies: declared })],
        [`${folder}/src/index.ts`, 'export {};'],
      ];
    }),
  );
}

/** What `npm install` would do in `root`: links to what is installed here and to the workspaces there. */
export function linkDependencies(root: string): void {
  const installed = join(repository, 'node_modules');
  mkdirSync(join(root, 'node_modules/@formaops'), { recursive: true });
  for (const name of readdirSync(installed).filter((entry) => entry !== '@formaops'))
    symlinkSync(join(installed, name), join(root, 'node_modules', name));
  for (const folder of workspaceFolders())
    symlinkSync(join(root, folder), join(root, 'node_modules/@formaops', basename(folder)));
}

function workspaceFolders(): string[] {
  const parents = ['apps', 'packages'];
  return parents.flatMap((parent) =>
    readdirSync(join(repository, parent)).map((name) => `${parent}/${name}`),
  );
}
