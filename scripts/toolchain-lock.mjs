import {
  appendFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

let held;

/**
 * Runs `action` while no other process of this clone does the same: two starts at once must not both rewrite node_modules.
 * The lock is a file that names its holders; when all of them are gone it is taken over.
 */
export async function withLock(file, action) {
  mkdirSync(path.dirname(file), { recursive: true });
  for (let announced = false; !acquire(file); announced = true) {
    if (!announced) console.error(`Waiting for the process that ${file} names to prepare this clone …`);
    await sleep(200);
  }
  held = file;
  try {
    return await action();
  } finally {
    held = undefined;
    rmSync(file, { force: true });
  }
}

/** Names one more holder: a child that works on, for a while, should this process be killed. */
export function holdWith(pid) {
  if (held !== undefined) appendFileSync(held, ` ${pid}`);
}

function acquire(file) {
  const own = `${file}.${process.pid}`;
  try {
    writeFileSync(own, String(process.pid));
    // A link appears with its content or not at all; a file created in place could be read before it names its holder.
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const holders = holdersOf(file);
    if (holders !== undefined && !holders.split(' ').some(isAlive)) removeStale(file, own, holders);
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moves the file away before looking again: another process may have replaced the stale lock by its own since we read it. */
function removeStale(file, own, holders) {
  const aside = `${own}.stale`;
  try {
    renameSync(file, aside);
    if (holdersOf(aside) !== holders) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function holdersOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
