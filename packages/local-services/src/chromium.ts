import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackageTree } from './debian-packages.ts';
import { type EnsureOptions, ensureProgram, type Program } from './ensure-program.ts';

/**
 * Finds a Chromium or Chrome for browser tests; on Debian, unpacks a private one with a font where there is none.
 *
 * @throws Error that says what was tried and what to do.
 */
export async function ensureChromium(options: EnsureOptions): Promise<Program & { args: readonly string[] }> {
  const program = await ensureProgram(
    {
      title: 'Chromium',
      names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
      packages: ['chromium', 'fonts-dejavu-core'],
      // Not the script in usr/bin, which knows its files by absolute paths.
      pathInPackages: 'usr/lib/chromium/chromium',
      extraEnv: fontEnvironment,
      advice: 'Install one (apt-get install chromium, or Google Chrome) and try again.',
    },
    options,
  );
  // Root cannot have Chromium's sandbox, and on many systems neither can an ordinary user; the tests open the product's own pages only.
  return { ...program, args: ['--no-sandbox', '--disable-background-networking'] };
}

/** Without a configuration fontconfig finds no font at all and Chromium draws empty boxes. */
async function fontEnvironment({ root }: PackageTree): Promise<Record<string, string>> {
  const file = join(root, 'fonts.conf');
  await mkdir(join(root, 'font-cache'), { recursive: true });
  await writeFile(
    file,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(root, 'usr/share/fonts')}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(root, 'font-cache')}</cachedir>
</fontconfig>
`,
  );
  return { FONTCONFIG_FILE: file };
}
