import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { startSimulator } from '@formaops/model-simulator';
import { describe, expect, it } from '@jest/globals';
import { isUp, setup, until } from './start.fixture.ts';

describe('npm start -- --once', () => {
  it('runs the sample, shows how it ended, and leaves nothing behind', async () => {
    await using local = await setup();
    const start = local.start(['--once', '--port', '0']);
    expect([await start.ended(), start.output()]).toEqual([
      0,
      expect.stringContaining('COMPLETED, validation PASSED'),
    ]);
    expect(start.output()).toMatch(/gpt-4o-mini, \d+ \+ \d+ tokens, 0\.\d{6} USD, \d+ ms/);
    expect(await local.servers()).toEqual([]);
    await local.nothingLeft();
    expect(await local.hasDevState()).toBe(false);
  }, 180_000);

  it('asks the server that the environment names instead of the simulator, in a form it can answer', async () => {
    await using local = await setup();
    const server = await startSimulator();
    try {
      const start = local.start(['--once', '--port', '0'], { OPENAI_BASE_URL: `${server.url}/v1` });
      expect([await start.ended(), start.output()]).toEqual([
        0,
        expect.stringContaining('COMPLETED, validation PASSED'),
      ]);
      expect(start.output()).not.toContain('simulator');
      expect(server.calls()).toMatchObject([{ model: 'gpt-4o-mini', outcome: 'answered' }]);
    } finally {
      await server.close();
    }
  }, 180_000);
});

describe('npm start', () => {
  it('says how to find the cause when the sample fails, and stays', async () => {
    await using local = await setup();
    const server = await startSimulator({ apiKey: 'another' });
    try {
      const env = { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'wrong' };
      const start = local.start(['--port', '0'], env);
      await start.says(isUp);
      expect(start.output()).toMatch(/PROVIDER_AUTH: .*\n {2}\.\/formaops doctor looks for the cause\.\n/);
      start.kill('SIGINT');
      expect(await start.ended()).toBe(0);
    } finally {
      await server.close();
    }
  }, 180_000);

  it('stops on Ctrl-C with exit code 0 and leaves nothing behind', async () => {
    await using local = await setup();
    const start = local.start(['--port', '0', '--workers', '1']);
    await start.says(isUp);
    const running = (await local.servers()).join('\n');
    if (process.platform === 'linux')
      for (const part of ['apps/api/', 'apps/worker/', 'apps/model-simulator/', 'bin/postgres'])
        expect(running).toContain(part);

    start.kill('SIGINT');
    expect(await start.ended()).toBe(0);
    expect(start.output()).toMatch(/Stopping …\nStopped\.\n$/);
    expect(await local.servers()).toEqual([]);
    await local.nothingLeft();
    expect(await local.hasDevState()).toBe(false);
  }, 180_000);

  if (process.platform === 'linux')
    it('starts a worker again that ends by itself', async () => {
      await using local = await setup();
      const start = local.start(['--port', '0', '--workers', '1']);
      await start.says(isUp);
      const workers = async () => (await local.servers()).filter((line) => line.includes('apps/worker/'));
      const [first = ''] = await workers();
      process.kill(Number.parseInt(first, 10), 'SIGKILL');
      await start.says('worker-1 ended (SIGKILL) and is started again; see .formaops/logs/worker-1.log');
      await until(async () => (await workers()).some((line) => line !== first));

      start.kill('SIGINT');
      expect(await start.ended()).toBe(0);
      expect(await local.servers()).toEqual([]);
      await local.nothingLeft();
    }, 180_000);

  it('is stopped by Ctrl-C also while it waits for a queue that is not there', async () => {
    await using local = await setup();
    const start = local.start(['--port', '0'], { QUEUE_URL: 'redis://127.0.0.1:1' });
    await start.says('Starting the API');
    start.kill('SIGINT');
    expect([await start.ended(), start.output()]).toEqual([0, expect.stringContaining('Stopped.')]);
    await local.nothingLeft();
    expect(await local.hasDevState()).toBe(false);
  }, 180_000);

  it('takes everything along when it is killed, and can be started again', async () => {
    await using local = await setup();
    const killed = local.start(['--port', '0', '--workers', '1']);
    await killed.says(isUp);
    killed.kill('SIGKILL');
    await local.nothingLeft();
    expect(await local.hasDevState()).toBe(true);

    const again = local.start(['--once', '--port', '0']);
    expect([await again.ended(), again.output()]).toEqual([
      0,
      expect.stringContaining('COMPLETED, validation PASSED'),
    ]);
  }, 240_000);

  it('names a port that is taken, and another one', async () => {
    await using local = await setup();
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const start = local.start(['--port', String(port)]);
    expect(await start.ended()).toBe(1);
    expect(start.output()).toBe(
      `Port ${port} is taken by another program. Choose another one: npm start -- --port ${port + 1}\n`,
    );
    await local.nothingLeft();
    squatter.close();
  }, 100_000);

  it.each([
    [['--help'], 0, /^npm start -- \[options\]/],
    [['--colour'], 2, /^Unknown option '--colour'[\s\S]*npm start -- \[options\]/],
  ])(
    'explains itself when called with %j',
    async (args, code, text) => {
      await using local = await setup();
      const start = local.start(args);
      expect(await start.ended()).toBe(code);
      expect(start.output()).toMatch(text);
    },
    100_000,
  );
});
