import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process that says `ready`, and at its end tells how often it was asked to stop. */
function start(stop: string, { alone = false, hardLimitMs = 10_000 } = {}): ChildProcess {
  const script = `
    import { onShutdown } from ${JSON.stringify(import.meta.resolve('./shutdown.ts'))};
    let stops = 0;
    const say = (fields, message) => console.log(message, JSON.stringify(fields));
    const stop = async () => { stops += 1; ${stop} };
    const fail = onShutdown(stop, { hardLimitMs: ${hardLimitMs}, log: { info: say, error: say } });
    process.on('message', (message) => message === 'fail' && fail('stuck'));
    const alive = setInterval(() => undefined, 1_000);
    if (${alone}) process.once('SIGTERM', () => clearInterval(alive));
    process.on('exit', () => console.log('stops', stops));
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit', alone ? 'ignore' : 'ipc'],
  });
  started.push(child);
  return child;
}

/** Waits until the process has printed `text`. @returns a promise of all it prints until its end. */
async function printed(child: ChildProcess, text: string): Promise<{ all: Promise<string> }> {
  let output = '';
  // Not 'close': it never comes for a child whose channel was closed from here.
  const ended = Promise.all([once(child, 'exit'), child.stdout && once(child.stdout, 'end')]);
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      output += chunk;
      if (output.includes(text)) resolve();
    });
    ended.then(() => reject(new Error(`ended before it printed ${text}: ${output}`)), reject);
  });
  return { all: ended.then(() => output) };
}

async function stopped(child: ChildProcess, ask: () => void) {
  const { all } = await printed(child, 'ready');
  ask();
  const output = await all;
  return { code: child.exitCode, output };
}

describe('onShutdown', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'stops on %s and ends the process with exit code 0',
    async (signal) => {
      const child = start('');
      const { code, output } = await stopped(child, () => child.kill(signal));
      expect({ code, output }).toEqual({
        code: 0,
        output: `ready\nstopping {"reason":"${signal}"}\nstopped {}\nstops 1\n`,
      });
    },
  );

  it('stops when the process that started it is gone', async () => {
    const child = start('');
    const { code, output } = await stopped(child, () => child.disconnect());
    expect(code).toBe(0);
    expect(output).toContain('stopping {"reason":"parent gone"}');
  });

  it('stops once, however many signals come', async () => {
    const child = start(`
      process.on('SIGINT', () => console.log('another signal'));
      console.log('closing');
      await new Promise((resolve) => process.once('message', resolve));`);
    const closing = printed(child, 'closing');
    const another = printed(child, 'another signal');
    const { all } = await printed(child, 'ready');
    child.kill('SIGTERM');
    await closing;
    child.kill('SIGINT');
    await another;
    child.send('go on');
    expect((await all).split('\n').slice(-2)).toEqual(['stops 1', '']);
    expect(child.exitCode).toBe(0);
  });

  it('stops the same way when the process cannot go on, and ends it with exit code 1', async () => {
    const child = start('');
    const { code, output } = await stopped(child, () => void child.send('fail'));
    expect({ code, output }).toEqual({
      code: 1,
      output: 'ready\nstopping {"reason":"stuck"}\nstopped {}\nstops 1\n',
    });
  });

  it('ends with exit code 1 when stopping fails', async () => {
    const child = start(`throw new Error('no');`);
    const { code, output } = await stopped(child, () => child.kill('SIGTERM'));
    expect(code).toBe(1);
    expect(output).toContain('stopping failed');
  });

  it.each([
    ['with work under way', false],
    ['with nothing else that keeps the process alive', true],
  ])('ends with exit code 1 when stopping takes longer than the limit, %s', async (_, alone) => {
    const child = start('await new Promise(() => undefined);', { alone, hardLimitMs: 10 });
    const { code, output } = await stopped(child, () => child.kill('SIGTERM'));
    expect(output).toContain('stopping took too long {"hardLimitMs":10}');
    expect(code).toBe(1);
  });
});
