/** `node scripts/build-client.ts [folder]` makes the package that is published: JavaScript, types, README and licence. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..');
const source = join(root, 'packages/client');
const run = promisify(execFile);

/** @returns what is published as package.json. */
export async function buildClient(folder: string): Promise<Record<string, unknown>> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const compiler = join(root, 'node_modules/.bin/tsc');
  await run(compiler, ['-p', join(source, 'tsconfig.build.json'), '--outDir', join(folder, 'lib')]);
  const { private: _, ...manifest } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
  const published = {
    ...manifest,
    files: ['lib'],
    types: './lib/index.d.ts',
    exports: { '.': { types: './lib/index.d.ts', default: './lib/index.js' } },
  };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  await cp(join(source, 'README.md'), join(folder, 'README.md'));
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  return published;
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(source, 'dist'));
  await buildClient(folder);
  console.log(`Built ${folder}; publish it with: npm publish ${folder}`);
}
