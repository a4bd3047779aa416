import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DevState } from './state-dir.ts';

const dir = await mkdtemp(join(tmpdir(), 'formaops-state-'));
const devFile = join(dir, 'dev.json');
const credentialsFile = join(dir, 'credentials.json');
// The folder is chosen when the module is loaded.
process.env['FORMAOPS_STATE_DIR'] = dir;
const { readCredentials, readDevState, removeDevState, writeCredentials, writeDevState } = await import(
  './state-dir.ts'
);

/** Stands for the API of a running stack. */
const api = createServer((_request, response) => response.end());

beforeAll(async () => {
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
});
beforeEach(async () => {
  for (const name of await readdir(dir)) await rm(join(dir, name));
});
afterAll(async () => {
  api.close();
  await rm(dir, { recursive: true });
});

function running(changes: Partial<DevState> = {}): DevState {
  const { port } = api.address() as AddressInfo;
  const apiUrl = `http://127.0.0.1:${port}`;
  return {
    apiUrl,
    apiKey: 'fo_live_test',
    boardUrl: `${apiUrl}/admin/queues`,
    boardUser: 'admin',
    boardPassword: 'a long password',
    databaseUrl: 'postgres://localhost/forma',
    queueUrl: 'postgres://localhost/forma',
    modelUrl: 'http://localhost/v1',
    pid: process.pid,
    workerEnv: {},
    ...changes,
  };
}

/** A process id that nobody has: larger than the largest of any system that we run on. */
const deadPid = 2 ** 30;

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

describe('dev.json', () => {
  it('tells what is running', async () => {
    await writeDevState(running());
    expect(await readDevState()).toEqual(running());
    expect(JSON.parse(await readFile(devFile, 'utf8'))).toEqual(running());
  });

  it('is gone when it is removed, and may be removed twice', async () => {
    await writeDevState(running());
    await removeDevState();
    await removeDevState();
    expect(await readDevState()).toBeNull();
    expect(await readdir(dir)).toEqual([]);
  });

  it('is ignored when its process is dead', async () => {
    await writeDevState(running({ pid: deadPid }));
    expect(await readDevState()).toBeNull();
  });

  it('is ignored when its process id belongs to somebody else by now', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await writeDevState(running({ apiUrl: `http://127.0.0.1:${port}` }));
    expect(await readDevState()).toBeNull();
  });

  it.each(['', '{"apiUrl": "http://', 'null'])('is ignored when it says %j', async (text) => {
    await writeFile(devFile, text);
    expect(await readDevState()).toBeNull();
  });
});

describe('both files', () => {
  it('are for nobody else to read, also when they were before', async () => {
    await writeFile(devFile, '{}');
    await chmod(devFile, 0o644);
    await writeDevState(running());
    await writeCredentials({
      apiKey: 'fo_live_test',
      boardPassword: 'a long password',
      webhookSecretKey: 'k',
    });
    expect([await modeOf(devFile), await modeOf(credentialsFile)]).toEqual(['600', '600']);
  });

  it('are replaced as a whole: who reads meanwhile sees the old or the new text', async () => {
    const apiKeys = ['a', 'b'].map((letter) => letter.repeat(100_000));
    await writeCredentials({ apiKey: apiKeys[0] ?? '', boardPassword: 'x', webhookSecretKey: 'k' });
    for (let round = 0; round < 20; round += 1) {
      const writing = writeCredentials({
        apiKey: apiKeys[round % 2] ?? '',
        boardPassword: 'x',
        webhookSecretKey: 'k',
      });
      const seen = JSON.parse(await readFile(credentialsFile, 'utf8'));
      expect(apiKeys).toContain(seen.apiKey);
      await writing;
    }
    expect(await readdir(dir)).toEqual(['credentials.json']);
  });
});

describe('credentials', () => {
  it('are made up on the first start, with a password as long as the API demands', async () => {
    const [first, second] = [await readCredentials(), await readCredentials()];
    expect(first).toEqual({
      apiKey: null,
      boardPassword: expect.stringMatching(/^[\w-]{16}$/),
      webhookSecretKey: expect.stringMatching(/^[\w+/]{43}=$/),
    });
    expect(second.boardPassword).not.toBe(first.boardPassword);
  });

  it('get what an earlier release did not have, and keep the rest', async () => {
    await writeFile(credentialsFile, '{"apiKey":"fo_live_test","boardPassword":"a long password"}');
    expect(await readCredentials()).toEqual({
      apiKey: 'fo_live_test',
      boardPassword: 'a long password',
      webhookSecretKey: expect.stringMatching(/=$/),
    });
  });

  it('stay the same from one start to the next', async () => {
    const credentials = { apiKey: 'fo_live_test', boardPassword: 'a long password', webhookSecretKey: 'k' };
    await writeCredentials(credentials);
    expect(await readCredentials()).toEqual(credentials);
  });
});
