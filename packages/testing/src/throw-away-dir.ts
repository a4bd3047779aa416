import { chmod, mkdir, mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '@formaops/local-services';

const inMemory = '/dev/shm';
/** Twice what the databases of a whole run and their log have been seen to take. */
const enoughBytes = 3 * 1024 ** 3;
/** From the kernel's include/uapi/linux/magic.h. */
const TMPFS = 0x01021994;

/**
 * A new folder for data that nobody wants after this process: in memory where there is room, else under `onDisk`. Thousands of
 * databases come and go in a run of the tests, and file systems punish that: an ext4 without a journal passes over every recently
 * deleted inode when it makes a file (recently_deleted in the kernel's fs/ext4/ialloc.c), which made CREATE DATABASE take half a
 * second instead of 25 ms. What killed runs have left is removed.
 */
export async function makeThrowAwayDir(onDisk: string): Promise<string> {
  const parent = (await hasRoomInMemory()) ? inMemory : onDisk;
  await mkdir(parent, { recursive: true });
  await removeLeftovers(parent);
  const dir = await mkdtemp(join(parent, `formaops-test-${process.pid}-`));
  // For root's PostgreSQL, which is another user.
  await chmod(dir, 0o711);
  return dir;
}

async function hasRoomInMemory(): Promise<boolean> {
  try {
    const { type, bavail, bsize } = await statfs(inMemory);
    return type === TMPFS && bavail * bsize >= enoughBytes;
  } catch {
    return false;
  }
}

async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = Number(/^formaops-test-(\d+)-/.exec(name)?.[1]);
    if (!pid || isAlive(pid)) continue;
    const { uid } = await stat(join(parent, name));
    if (uid === process.getuid?.()) await rm(join(parent, name), { recursive: true, force: true });
  }
}
