import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const root = await mkdtemp(join(tmpdir(), 'toolchain-'));

afterAll(() => rm(root, { recursive: true, force: true }));

/** Stands for npm and prisma; each says that it ran, and makes what the real one makes. */
const NPM = `#!/bin/sh
echo "npm $1" >> runs
if [ -e broken ]; then echo "npm error the registry is on fire" >&2; exit 1; fi
rm -rf node_modules && mkdir -p node_modules/prisma/build && cp prisma.js node_modules/prisma/build/index.js
`;
const PRISMA = `
const fs = require('node:fs');
fs.appendFileSync('runs', 'prisma ' + process.argv[2] + '\\n');
fs.mkdirSync('packages/db/generated', { recursive: true });
`;
const PARTS = [
  'with-toolchain',
  'toolchain-install',
  'toolchain-lock',
  'toolchain-node',
  'toolchain-process',
];

/** A clone with nothing installed in it. */
async function setup() {
  const clone = join(root, randomUUID());
  const add = async (name: string, content: string, mode = 0o644) => {
    await mkdir(dirname(join(clone, name)), { recursive: true });
    await writeFile(join(clone, name), content, { mode });
  };
  await add('bin/npm', NPM, 0o755);
  await add('prisma.js', PRISMA);
  for (const name of ['package-lock.json', 'prisma/schema.prisma', 'prisma.config.ts']) await add(name, name);
  for (const name of PARTS)
    await cp(new URL(`./${name}.mjs`, import.meta.url), join(clone, 'scripts', `${name}.mjs`));
  const start = (...args: string[]) => run(clone, args);
  return { add, start, runs: () => readFile(join(clone, 'runs'), 'utf8') };
}

function run(clone: string, args: string[]) {
  const child = spawn(process.execPath, ['scripts/with-toolchain.mjs', ...args], {
    cwd: clone,
    env: { PATH: `${join(clone, 'bin')}:/usr/bin:/bin` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, output, errors }));
  return { child, ended, speaks: once(child.stdout, 'data') };
}

const INSTALLED = 'npm ci\nprisma generate\n';

describe('with-toolchain', () => {
  it('installs and generates before the first run, and nothing before the second', async () => {
    const { add, start, runs } = await setup();
    await add('hello.ts', 'const greeting: string = "hello"; console.log(greeting, process.argv.slice(2));');
    const first = await start('hello.ts', '--name', 'a b').ended;
    expect(first).toMatchObject({ code: 0, output: "hello [ '--name', 'a b' ]\n" });
    expect(first.errors).toMatch(
      /^Installing dependencies … [\d.]+ s\nGenerating the database client … [\d.]+ s\n$/,
    );
    expect(await start('hello.ts').ended).toMatchObject({ code: 0, errors: '' });
    expect(await runs()).toBe(INSTALLED);
  });

  it('installs again when the lock file has changed', async () => {
    const { add, start, runs } = await setup();
    await add('hello.ts', '');
    await start('hello.ts').ended;
    await add('package-lock.json', 'another');
    await start('hello.ts').ended;
    expect(await runs()).toBe(INSTALLED + INSTALLED);
  });

  it('generates again, without installing, when the schema has changed', async () => {
    const { add, start, runs } = await setup();
    await add('hello.ts', '');
    await start('hello.ts').ended;
    await add('prisma/schema.prisma', 'another');
    await start('hello.ts').ended;
    expect(await runs()).toBe(`${INSTALLED}prisma generate\n`);
  });

  it('shows what npm said and what to do when the installation fails, and tries again the next time', async () => {
    const { add, start, runs } = await setup();
    await add('hello.ts', '');
    await add('broken', '');
    const { code, errors } = await start('hello.ts').ended;
    expect(code).toBe(1);
    expect(errors).toMatch(
      /failed after [\d.]+ s\n\nnpm error the registry is on fire\n\nThe dependencies could not be installed\./,
    );
    await start('hello.ts').ended;
    expect(await runs()).toBe('npm ci\nnpm ci\n');
  });

  it('lets one of two starts install and the other wait', async () => {
    const { add, start, runs } = await setup();
    await add('hello.ts', 'console.log("hello");');
    const both = await Promise.all([start('hello.ts').ended, start('hello.ts').ended]);
    expect(both.map(({ output }) => output)).toEqual(['hello\n', 'hello\n']);
    expect(await runs()).toBe(INSTALLED);
  });

  it('takes over from a start that died while it installed', async () => {
    const { add, start, runs } = await setup();
    await add('hello.ts', '');
    const gone = spawn('true');
    await once(gone, 'exit');
    await add('.formaops/toolchain.lock', String(gone.pid));
    expect(await start('hello.ts').ended).toMatchObject({ code: 0 });
    expect(await runs()).toBe(INSTALLED);
  });

  it('ends as the script ended', async () => {
    const { add, start } = await setup();
    await add('fails.ts', 'process.exit(7);');
    await add('dies.ts', 'process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1e6);');
    expect(await start('fails.ts').ended).toMatchObject({ code: 7, signal: null });
    expect(await start('dies.ts').ended).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
    'passes %s on and waits for the script',
    async (signal) => {
      const { add, start } = await setup();
      await add(
        'polite.ts',
        `process.on('${signal}', () => setTimeout(() => { console.log('tidied up'); process.exit(0); }, 50));
       console.log('ready'); setInterval(() => {}, 1e6);`,
      );
      const { child, ended, speaks } = start('polite.ts');
      await speaks;
      child.kill(signal);
      expect(await ended).toMatchObject({ code: 0, output: 'ready\ntidied up\n' });
    },
  );

  it('lets the script know when it is killed itself', async () => {
    const { add, start } = await setup();
    await add(
      'orphan.ts',
      `process.on('disconnect', () => { console.log('alone'); process.exit(); }); console.log('ready');`,
    );
    const { child, ended, speaks } = start('orphan.ts');
    await speaks;
    child.kill('SIGKILL');
    expect(await ended).toMatchObject({ signal: 'SIGKILL', output: 'ready\nalone\n' });
  });
});
