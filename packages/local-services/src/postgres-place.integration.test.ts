import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { choosePlace } from './postgres-place.ts';

const root = await mkdtemp(join(tmpdir(), 'postgres-place-'));

afterAll(() => rm(root, { recursive: true, force: true }));

async function setup() {
  await chmod(root, 0o711);
  const folder = join(root, randomUUID());
  const [closed, outside] = [join(folder, 'closed'), join(folder, 'outside')];
  await mkdir(folder);
  await mkdir(closed, { mode: 0o700 });
  const logged: string[] = [];
  return { closed, outside, logged, log: (message: string) => logged.push(message) };
}

const isRoot = process.getuid?.() === 0;

describe('choosePlace', () => {
  it('chooses another user for root, and for root only', async () => {
    const { outside, log } = await setup();
    const place = await choosePlace(outside, log);
    expect(place.user === undefined).toBe(!isRoot);
    expect(place.user?.uid).not.toBe(0);
  });

  it('moves binaries and data out of a folder that the other user cannot enter, and says so', async () => {
    const { closed, outside, log, logged } = await setup();
    const wanted = join(closed, 'pg');
    const place = await choosePlace(wanted, log, outside);
    expect(dirname(place.dataDir)).toBe(isRoot ? outside : closed);
    expect(place.binDir.startsWith(outside)).toBe(isRoot);
    expect(logged.some((message) => message.includes(place.dataDir))).toBe(isRoot);
  });
});
