import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';

const folder = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
const template = join(folder, 'template');

beforeAll(async () => {
  await chmod(folder, 0o711); // When the tests run as root PostgreSQL is somebody else, and must be able to enter.
  const postgres = await startEmbeddedPostgres({ dataDir: template, durable: false });
  await postgres.stop();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A folder of one's own with data in it; copied, because creating the data is what takes most of the time. */
function setup() {
  const dataDir = join(folder, randomUUID());
  spawnSync('cp', ['-a', template, dataDir]); // Unlike fs.cp it keeps the owner.
  const logged: string[] = [];
  return { options: { dataDir, durable: false, log: (message: string) => logged.push(message) }, logged };
}

/** Connects and asks to log in as `postgres`. @returns what the server asks for, and a promise of the connection's end. */
async function logIn(port: number) {
  const socket = connect(port, '127.0.0.1');
  const parameters = Buffer.from('user\0postgres\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + parameters.length, 0);
  head.writeInt32BE(3 << 16, 4); // Protocol 3.0.
  socket.write(Buffer.concat([head, parameters]));
  const [answer]: Buffer[] = await once(socket, 'data');
  socket.on('error', () => undefined); // A killed server may reset the connection; it closes all the same.
  return { socket, answer: String(answer), closed: new Promise((resolve) => socket.once('close', resolve)) };
}

/** Starts the server of an existing folder the way a run does whose process and guard are then both killed. */
async function leaveBehind({ dataDir, binDir, runAsUser, port }: EmbeddedPostgres) {
  const gone = spawnSync('true').pid;
  await writeFile(join(dataDir, 'cluster.starter'), String(gone));
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const args = ['-D', join(dataDir, 'cluster'), '-p', String(port), ...settings];
  const server = spawn(join(binDir, 'postgres'), args, {
    cwd: dataDir,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...runAsUser,
  });
  for await (const line of createInterface(server.stderr)) if (line.includes('ready to accept')) break;
  return { pid: server.pid, ended: once(server, 'exit') };
}

describe('startEmbeddedPostgres', () => {
  it('starts a server that asks for a password, and stops it', async () => {
    const { options } = setup();
    const postgres = await startEmbeddedPostgres(options);
    const { answer, closed } = await logIn(postgres.port);
    await postgres.stop();
    await closed;
    expect(answer).toMatch(/^R[\s\S]*SCRAM-SHA-256/);
    expect(postgres.url).toMatch(/^postgres:\/\/postgres:[\w-]{32}@127\.0\.0\.1:\d+\/postgres$/);
  });

  it('never runs as root, and lets nobody else read the password', async () => {
    const { options } = setup();
    const postgres = await startEmbeddedPostgres(options);
    const { uid } = await stat(join(postgres.dataDir, 'cluster', 'postmaster.pid'));
    const { mode } = await stat(join(postgres.dataDir, 'password'));
    await postgres.stop();
    expect(uid).toBe(postgres.runAsUser?.uid ?? process.getuid?.());
    expect(uid).not.toBe(0);
    expect(mode & 0o777).toBe(0o600);
  });

  it('finds its data again on the second start', async () => {
    const { options } = setup();
    const first = await startEmbeddedPostgres(options);
    await first.stop();
    const { ino } = await stat(join(first.dataDir, 'cluster'));
    const second = await startEmbeddedPostgres(options);
    await second.stop();
    expect((await stat(join(second.dataDir, 'cluster'))).ino).toBe(ino);
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
  });

  it('refuses a folder whose server is in use, and leaves that server alone', async () => {
    const { options } = setup();
    const postgres = await startEmbeddedPostgres(options);
    await expect(startEmbeddedPostgres(options)).rejects.toThrow(
      `already running; process ${process.pid} started it`,
    );
    const { socket } = await logIn(postgres.port);
    socket.destroy();
    await postgres.stop();
  });

  it('says so when the port asked for is taken', async () => {
    const { options } = setup();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = Number(Object(taken.address()).port);
    await expect(startEmbeddedPostgres({ ...options, port })).rejects.toThrow('Address already in use');
    taken.close();
  });

  it('stops a server that a killed run left behind, and says so', async () => {
    const { options, logged } = setup();
    const earlier = await startEmbeddedPostgres(options);
    await earlier.stop();
    const { pid, ended } = await leaveBehind(earlier);
    const postgres = await startEmbeddedPostgres(options);
    expect(await ended).toEqual([0, null]);
    expect(logged).toContainEqual(expect.stringContaining(`left behind (process ${pid})`));
    await postgres.stop();
  });

  it('recovers after the server itself was killed', async () => {
    const { options } = setup();
    const killed = await startEmbeddedPostgres(options);
    const pid = Number.parseInt(
      await readFile(join(killed.dataDir, 'cluster', 'postmaster.pid'), 'utf8'),
      10,
    );
    const { closed } = await logIn(killed.port);
    process.kill(pid, 'SIGKILL');
    await closed;
    const postgres = await startEmbeddedPostgres(options);
    await postgres.stop();
    await killed.stop();
    expect(postgres.dataDir).toBe(killed.dataDir);
  });

  it('starts over a pid file whose number belongs to another program by now', async () => {
    const { options } = setup();
    const earlier = await startEmbeddedPostgres(options);
    await earlier.stop();
    const file = join(earlier.dataDir, 'cluster', 'postmaster.pid');
    const other = spawn('sleep', ['1000'], { ...earlier.runAsUser });
    await writeFile(file, `${other.pid}\n${join(earlier.dataDir, 'cluster')}\n1\n5432\n\n127.0.0.1\n`, {
      mode: 0o644,
    });
    const postgres = await startEmbeddedPostgres(options);
    await postgres.stop();
    expect(other.exitCode).toBeNull();
    other.kill();
  });

  it('does not outlive the process that started it, even when that is killed', async () => {
    const { options } = setup();
    const module = JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url));
    const script = `import { startEmbeddedPostgres } from ${module};
      console.log((await startEmbeddedPostgres(${JSON.stringify(options)})).port);`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port]: string[] = await once(createInterface(starter.stdout), 'line');
    const { closed } = await logIn(Number(port));
    starter.kill('SIGKILL');
    await closed;
  });
});
