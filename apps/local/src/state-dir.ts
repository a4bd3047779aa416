import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '@formaops/local-services';
import { readLocalEnv } from './env.ts';

/** Where the local stack keeps everything: data, logs, credentials, and what is running. */
export const stateDir = readLocalEnv().stateDir ?? join(import.meta.dirname, '../../../.formaops');

/** What is running, for scripts and tests: `.formaops/dev.json`. */
export interface DevState {
  apiUrl: string;
  /** Of the demo user. */
  apiKey: string;
  boardUrl: string;
  boardUser: string;
  boardPassword: string;
  databaseUrl: string;
  queueUrl: string;
  modelUrl: string;
  pid: number;
  /** What a worker must be told besides; only `npm run worker` reads it. */
  workerEnv: Record<string, string>;
}

/** What stays the same from one start to the next. */
export interface Credentials {
  apiKey: string | null;
  boardPassword: string;
  /** Encrypts the secrets of webhooks. */
  webhookSecretKey: string;
}

const devFile = join(stateDir, 'dev.json');
const credentialsFile = join(stateDir, 'credentials.json');

/** @returns what is running; null when nothing is, also when it ended without tidying up. */
export async function readDevState(): Promise<DevState | null> {
  const state = await readJson<DevState>(devFile);
  return state && isAlive(state.pid) && (await answers(state.apiUrl)) ? state : null;
}

export async function writeDevState(state: DevState): Promise<void> {
  await writePrivately(devFile, state);
}

export async function removeDevState(): Promise<void> {
  await rm(devFile, { force: true });
}

export async function readCredentials(): Promise<Credentials> {
  const stored = await readJson<Partial<Credentials>>(credentialsFile);
  return {
    apiKey: null,
    boardPassword: randomBytes(12).toString('base64url'),
    // Missing in what an earlier release stored.
    webhookSecretKey: randomBytes(32).toString('base64'),
    ...stored,
  };
}

export async function writeCredentials(credentials: Credentials): Promise<void> {
  await writePrivately(credentialsFile, credentials);
}

async function readJson<T>(path: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null; // Not there, or cut off by a crash: both mean that nothing is known.
  }
}

/** Whole or not at all, and for nobody else's eyes. */
async function writePrivately(path: string, value: unknown): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
}

/** A process id alone proves nothing: after a restart of the machine it is somebody else's, or our own. */
async function answers(apiUrl: string): Promise<boolean> {
  try {
    const { body } = await fetch(`${apiUrl}/health/live`, { signal: AbortSignal.timeout(5_000) });
    await body?.cancel();
    return true;
  } catch {
    return false;
  }
}
