import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';

// A process takes its time to start on a busy machine.
jest.setTimeout(60_000);

/** Starts a process that has a judge, says its child's id, and then does what `script` says. */
async function startParent(script: string) {
  const source = `
    import { createSandboxedJudge } from ${JSON.stringify(new URL('../index.ts', import.meta.url))};
    const log = { debug: ({ pid }) => console.log(pid), info() {}, warn() {}, error() {} };
    const judge = createSandboxedJudge({ children: 1, timeoutMs: 600_000, totalTimeoutMs: 600_000, log });
    const judgeBy = (config, output) => judge.judge({ tenantId: 't', output, validations: [{ id: '', name: '', type: 'SCHEMA', config }] });
    await judge.ready();
    ${script}
  `;
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: [...stdio] });
  const ended = once(parent, 'exit');
  const said = createInterface(parent.stdout)[Symbol.asyncIterator]();
  const childPid = Number((await said.next()).value);
  return { parent, ended, said, childPid };
}

async function untilGone(pid: number): Promise<void> {
  while (isRunning(pid)) await setTimeout(20);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Where nobody collects orphans, as in some containers, a process that has ended keeps its entry.
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' && syscall === 'open' && process.platform !== 'linux';
  }
}

describe('the sandbox child', () => {
  it('does not keep its parent alive', async () => {
    const { ended, childPid } = await startParent(`console.log((await judgeBy(true, '1')).status);`);
    expect(await ended).toEqual([0, null]);
    await untilGone(childPid);
  });

  it('lets its parent see the end of close', async () => {
    const { ended, said } = await startParent(`await judge.close(); console.log('closed');`);
    expect(await said.next()).toMatchObject({ value: 'closed' });
    expect(await ended).toEqual([0, null]);
  });

  it('ends when its parent is killed', async () => {
    const { parent, childPid } = await startParent('setInterval(() => undefined, 1_000);');
    parent.kill('SIGKILL');
    await untilGone(childPid);
  });

  it('ends when its parent is killed while it is caught in a run without end', async () => {
    const { parent, said, childPid } = await startParent(`
      judgeBy({ pattern: '^(a+)+$' }, '"${'a'.repeat(60)}!"');
      setImmediate(() => console.log('sent'));
    `);
    expect(await said.next()).toMatchObject({ value: 'sent' });
    parent.kill('SIGKILL');
    await untilGone(childPid);
  });
});
