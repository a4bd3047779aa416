import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Looks for programs as a shell would.
 *
 * @param names in order of preference.
 * @param searchPath folders separated as in PATH. The default reads the environment, here and nowhere else in this package: which
 * programs a machine has is not a setting of the product. '' finds nothing.
 * @returns the paths of all that exist, the preferred first.
 */
export function findExecutables(
  names: readonly string[],
  // biome-ignore lint/style/noProcessEnv: see above; the one exception of this package
  searchPath: string = process.env['PATH'] ?? '',
): string[] {
  const folders = searchPath.split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).filter(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
