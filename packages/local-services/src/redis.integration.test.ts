import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { startRedis } from './redis.ts';

const root = await mkdtemp(join(tmpdir(), 'redis-'));

afterAll(() => rm(root, { recursive: true, force: true }));

function setup() {
  const folder = join(root, randomUUID());
  return { options: { cacheDir: join(folder, 'cache') }, dataDir: join(folder, 'data') };
}

async function ask(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${command}\r\n`);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}

describe('startRedis', () => {
  it('starts a server and stops it', async () => {
    const { options } = setup();
    const redis = await startRedis(options);
    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
    expect(await ask(redis.port, 'PING')).toBe('+PONG\r\n');
    await redis.stop();
    await expect(ask(redis.port, 'PING')).rejects.toThrow('ECONNREFUSED');
  });

  it('writes nothing to disk and evicts nothing, unless told otherwise', async () => {
    const { options, dataDir } = setup();
    const redis = await startRedis({ ...options, dataDir, config: { appendonly: 'yes' } });
    const settings = await ask(redis.port, 'CONFIG GET save maxmemory-policy appendonly dir');
    await redis.stop();
    const words = settings.split('\r\n');
    const setting = (name: string) => words[words.indexOf(name) + 2];
    expect({
      save: setting('save'),
      eviction: setting('maxmemory-policy'),
      append: setting('appendonly'),
      dir: setting('dir'),
    }).toEqual({ save: '', eviction: 'noeviction', append: 'yes', dir: dataDir });
  });

  it('says which port is taken', async () => {
    const { options } = setup();
    const redis = await startRedis(options);
    await expect(startRedis({ ...options, port: redis.port })).rejects.toThrow(
      new RegExp(`${redis.port}[\\s\\S]*in use`),
    );
    await redis.stop();
  });
});
