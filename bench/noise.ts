import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** How the machine did just before a run, on work that is always the same. */
export interface Noise {
  /** Milliseconds for a fixed piece of computing. */
  spinMs: number;
  /** Small writes that were on the disk when the next one began. */
  syncsPerSecond: number;
}

const dir = join(import.meta.dirname, '../.formaops/bench');
const block = Buffer.alloc(8_192, 'x');
const syncMs = 200;

/** Takes a third of a second. When these figures move, so does everything else, and it is not the subject's doing. */
export function listenForNoise(): Noise {
  return { spinMs: spin(), syncsPerSecond: syncsPerSecond() };
}

function spin(): number {
  const startedAt = performance.now();
  for (let round = 0; round < 20_000; round += 1)
    createHash('sha256').update(block.subarray(0, 1_024)).digest();
  return performance.now() - startedAt;
}

function syncsPerSecond(): number {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `sync-${process.pid}`);
  const file = openSync(path, 'w');
  try {
    const startedAt = performance.now();
    let count = 0;
    for (; performance.now() - startedAt < syncMs; count += 1) {
      writeSync(file, block, 0, block.length, (count % 100) * block.length);
      fdatasyncSync(file);
    }
    return (count * 1_000) / (performance.now() - startedAt);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
