import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ensureProgram } from './ensure-program.ts';

const spec = {
  title: 'Example server',
  names: ['example-stub', 'example'],
  packages: ['example-package'],
  pathInPackages: 'usr/bin/example',
  advice: 'Install example.',
};

const root = await mkdtemp(join(tmpdir(), 'ensure-program-'));

afterAll(() => rm(root, { recursive: true, force: true }));

function setup() {
  const folder = join(root, randomUUID());
  const [searchPath, cacheDir] = [join(folder, 'bin'), join(folder, 'cache')];
  return { searchPath, cacheDir, privateCopy: join(cacheDir, 'example-package', 'usr/bin/example') };
}

async function addProgram(path: string, script: string) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

describe('ensureProgram', () => {
  it("takes the system's own, but none that does not run", async () => {
    const { searchPath, cacheDir } = setup();
    await addProgram(join(searchPath, 'example-stub'), 'echo "please install example" >&2; exit 1');
    await addProgram(join(searchPath, 'example'), 'exit 0');
    const program = await ensureProgram(spec, { searchPath, cacheDir });
    expect(program).toEqual({ executablePath: join(searchPath, 'example'), env: {} });
  });

  it('falls back to the private copy, with its libraries in the environment', async () => {
    const { cacheDir, privateCopy } = setup();
    const libraries = join(cacheDir, 'example-package', 'usr/lib/some-triplet');
    await addProgram(privateCopy, `test "$LD_LIBRARY_PATH" = "${libraries}" && test "$EXTRA" = 1`);
    await mkdir(libraries, { recursive: true });
    await writeFile(join(libraries, 'libexample.so.1'), '');
    const program = await ensureProgram(
      { ...spec, extraEnv: async () => ({ EXTRA: '1' }) },
      { searchPath: '', cacheDir },
    );
    expect(program).toEqual({ executablePath: privateCopy, env: { LD_LIBRARY_PATH: libraries, EXTRA: '1' } });
  });

  it('says what was tried, what went wrong and what to do', async () => {
    const { cacheDir, privateCopy } = setup();
    await addProgram(privateCopy, 'echo "a library is missing" >&2; exit 127');
    await expect(ensureProgram(spec, { searchPath: '', cacheDir })).rejects.toThrow(
      /no Example server\. None of example-stub, example works[\s\S]*a library is missing[\s\S]*Install example\./,
    );
  });
});
