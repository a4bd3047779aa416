import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findApi, findModel, findStores } from './settings.ts';

let dir: string;
const state = {
  apiUrl: 'http://127.0.0.1:3000',
  apiKey: 'local-key',
  databaseUrl: 'postgres://local/db',
  queueUrl: 'redis://local',
  workerEnv: { OPENAI_BASE_URL: 'http://simulator/v1', OPENAI_API_KEY: 'simulated' },
};
const running = () => writeFile(join(dir, 'dev.json'), JSON.stringify(state));
const env = (changes: NodeJS.ProcessEnv = {}) => ({ FORMAOPS_STATE_DIR: dir, ...changes });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'formaops-cli-'));
});
afterEach(() => rm(dir, { recursive: true }));

describe('findApi', () => {
  it('takes a running local stack, the environment over it, and flags over both', async () => {
    await running();
    expect(await findApi({}, env())).toEqual({ apiUrl: state.apiUrl, apiKey: 'local-key' });
    const other = { FORMAOPS_API_URL: 'https://other', FORMAOPS_API_KEY: 'other-key' };
    expect(await findApi({}, env(other))).toEqual({ apiUrl: 'https://other', apiKey: 'other-key' });
    const apiKeyFile = join(dir, 'key');
    await writeFile(apiKeyFile, ' file-key\n');
    const flags = { apiUrl: 'https://flag', apiKeyFile };
    expect(await findApi(flags, env(other))).toEqual({ apiUrl: 'https://flag', apiKey: 'file-key' });
  });

  it('shows the key of the local stack to nobody else', async () => {
    await running();
    await expect(findApi({ apiUrl: 'https://stranger' }, env())).rejects.toMatchObject({
      message: expect.stringContaining('no API key for https://stranger'),
      exitCode: 4,
    });
  });

  it('says what to do when there is nothing to use', async () => {
    await expect(findApi({}, env())).rejects.toThrow('npm start');
    await expect(findApi({ apiKeyFile: join(dir, 'no') }, env())).rejects.toThrow('cannot be read');
    const flags = { apiUrl: 'file:///etc/passwd' };
    await expect(findApi(flags, env({ FORMAOPS_API_KEY: 'x' }))).rejects.toThrow('http://');
  });
});

describe('findStores and findModel', () => {
  it('take the environment as API and workers do, else a running local stack', async () => {
    await running();
    expect(await findStores(env())).toEqual({
      databaseUrl: state.databaseUrl,
      queueDatabaseUrl: state.databaseUrl,
      queueUrl: state.queueUrl,
    });
    const given = { DATABASE_URL: 'postgres://pooler/db', DATABASE_DIRECT_URL: 'postgres://direct/db' };
    expect(await findStores(env(given))).toEqual({
      databaseUrl: 'postgres://pooler/db',
      queueDatabaseUrl: 'postgres://direct/db',
      queueUrl: undefined,
    });
    expect(await findModel(env())).toEqual({ baseUrl: 'http://simulator/v1', apiKey: 'simulated' });
  });

  it('say what to set when there is nothing', async () => {
    await expect(findStores(env())).rejects.toThrow('DATABASE_URL');
    await expect(findModel(env())).rejects.toThrow('OPENAI_API_KEY');
  });
});
