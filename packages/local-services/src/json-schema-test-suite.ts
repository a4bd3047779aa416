import { join } from 'node:path';
import { installPrivately } from './debian-packages.ts';
import type { EnsureOptions } from './ensure-program.ts';
import { exists } from './exists.ts';

const folder = 'usr/share/json-schema-test-suite';

/**
 * Finds the official JSON Schema Test Suite where Debian's package puts it, else unpacks a private copy of that package.
 *
 * @returns the folder that holds `tests`.
 * @throws Error with apt's own words, also where there is no apt.
 */
export async function ensureJsonSchemaTestSuite({ cacheDir, log }: EnsureOptions): Promise<string> {
  const installed = join('/', folder);
  if (await exists(installed)) return installed;
  const tree = await installPrivately(['json-schema-test-suite'], cacheDir, () =>
    log?.('Fetching the JSON Schema Test Suite from the Debian packages …'),
  );
  return join(tree.root, folder);
}
