import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { findExecutables } from './find-executables.ts';

const root = await mkdtemp(join(tmpdir(), 'find-executables-'));

afterAll(() => rm(root, { recursive: true, force: true }));

async function setup() {
  const folder = join(root, randomUUID());
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  for (const path of [folder, first, second]) await mkdir(path);
  await writeFile(join(first, 'plain'), '', { mode: 0o644 });
  await writeFile(join(second, 'plain'), '', { mode: 0o755 });
  await writeFile(join(first, 'other'), '', { mode: 0o755 });
  await mkdir(join(first, 'folder'));
  return { first, second, searchPath: `${first}:${second}` };
}

describe('findExecutables', () => {
  it('passes over files that may not be executed, and over folders', async () => {
    const { second, searchPath } = await setup();
    expect(findExecutables(['plain', 'folder'], searchPath)).toEqual([join(second, 'plain')]);
  });

  it('puts the preferred name first, wherever it is', async () => {
    const { first, second, searchPath } = await setup();
    expect(findExecutables(['plain', 'other'], searchPath)).toEqual([
      join(second, 'plain'),
      join(first, 'other'),
    ]);
  });

  it('finds nothing on an empty path', () => {
    expect(findExecutables(['sh'], '')).toEqual([]);
  });
});
