import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, exitCodes } from './exit-codes.ts';

/** How to reach an API, and as whom. */
export interface ApiSettings {
  apiUrl: string;
  apiKey: string;
}

/** Where the product's data are, for operators. */
export interface StoreSettings {
  databaseUrl: string;
  queueDatabaseUrl: string;
  queueUrl: string | undefined;
}

export interface ApiFlags {
  apiUrl?: string | undefined;
  apiKeyFile?: string | undefined;
}

/** What a running local stack tells of itself; all of it may be missing. */
export type DevState = Partial<
  Record<'apiUrl' | 'apiKey' | 'databaseUrl' | 'queueUrl', string> & { workerEnv: Record<string, string> }
>;

/** Reads what `npm start` wrote in this clone; empty when nothing runs here. */
export async function readDevState(env: NodeJS.ProcessEnv): Promise<DevState> {
  const dir = env['FORMAOPS_STATE_DIR'] || join(import.meta.dirname, '../../../.formaops');
  try {
    return JSON.parse(await readFile(join(dir, 'dev.json'), 'utf8'));
  } catch {
    // Not there, or being written at this moment: what is missing is said by whoever needs it.
    return {};
  }
}

/**
 * The flags win over the environment, and both over a local stack; address and key are looked for apart.
 *
 * @throws CliError when one of them is nowhere.
 */
export async function findApi(flags: ApiFlags, env: NodeJS.ProcessEnv): Promise<ApiSettings> {
  const state = await readDevState(env);
  const apiUrl = flags.apiUrl ?? (env['FORMAOPS_API_URL'] || state.apiUrl);
  // The key of the local stack opens nothing else, and is nobody else's business.
  const ownKey = apiUrl === state.apiUrl ? state.apiKey : undefined;
  const apiKey = flags.apiKeyFile ? await readKeyFile(flags.apiKeyFile) : env['FORMAOPS_API_KEY'] || ownKey;
  // Whatever it is that holds a line break or worse, nobody may be shown it.
  if (apiKey && !/^[!-~]+$/.test(apiKey.trim()))
    throw new CliError('The API key holds characters that no key has');
  if (!apiUrl) throw new CliError(howToStart);
  if (!/^https?:$/.test(URL.parse(apiUrl)?.protocol ?? ''))
    throw new CliError('The address of the API must begin with http:// or https://');
  if (!apiKey) throw new CliError(howToIdentify(apiUrl), exitCodes.forbidden);
  return { apiUrl, apiKey };
}

const howToStart =
  'There is no address to use.\nStart a local stack with npm start, or set FORMAOPS_API_URL and FORMAOPS_API_KEY.';

function howToIdentify(apiUrl: string): string {
  return `There is no API key for ${apiUrl}.\nSet FORMAOPS_API_KEY, or name a file that holds one with --api-key-file.`;
}

async function readKeyFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new CliError(`The file with the API key cannot be read: ${error.message}`);
  });
  const key = text.trim();
  if (key === '') throw new CliError(`${path} is empty`);
  return key;
}

/**
 * The model's endpoint as the workers use it.
 *
 * @throws CliError when neither the environment nor a local stack says where it is.
 */
export async function findModel(env: NodeJS.ProcessEnv): Promise<{ baseUrl: string; apiKey: string }> {
  const { workerEnv } = await readDevState(env);
  const baseUrl = env['OPENAI_BASE_URL'] || workerEnv?.['OPENAI_BASE_URL'];
  const apiKey = env['OPENAI_API_KEY'] || workerEnv?.['OPENAI_API_KEY'];
  if (!apiKey)
    throw new CliError(
      'There is no model to ask. Set OPENAI_API_KEY, and OPENAI_BASE_URL for another provider.',
    );
  return { baseUrl: baseUrl ?? 'https://api.openai.com/v1', apiKey };
}

/** @throws CliError when neither the environment nor a local stack says where the database is. */
export async function findStores(env: NodeJS.ProcessEnv): Promise<StoreSettings> {
  const fromEnv = env['DATABASE_URL'];
  if (fromEnv) {
    const queueDatabaseUrl = env['DATABASE_DIRECT_URL'] || fromEnv;
    return { databaseUrl: fromEnv, queueDatabaseUrl, queueUrl: env['QUEUE_URL'] || undefined };
  }
  const { databaseUrl, queueUrl } = await readDevState(env);
  if (!databaseUrl) {
    throw new CliError(
      'There is no database to use.\nStart a local stack with npm start, or set DATABASE_URL (and QUEUE_URL).',
    );
  }
  return { databaseUrl, queueDatabaseUrl: databaseUrl, queueUrl };
}
