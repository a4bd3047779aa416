import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { stat } from 'node:fs';
import { describe, expect, it, jest } from '@jest/globals';
import type { Run } from './protocol.ts';
import { type Exit, runInChild } from './run-in-child.ts';

const request: Run = {
  task: 'judge',
  type: 'SCHEMA',
  tenantId: 't',
  config: true,
  configHash: '',
  output: '1',
  wantsValue: false,
};
const reply = { code: null, extraction: 'whole', errors: [], residentMb: 100 };

/** A process that does nothing by itself; `kill` ends it. */
function setup() {
  const gone = Promise.withResolvers<Exit>();
  const controller = new AbortController();
  const kill = jest.fn((signal: NodeJS.Signals) => gone.resolve({ code: null, signal }));
  const emitter = Object.assign(new EventEmitter(), { send: jest.fn(), ref: jest.fn(), kill });
  const process = emitter as unknown as ChildProcess;
  const run = (timeoutMs: number) =>
    runInChild({ process, gone: gone.promise, memoryMb: 128 }, request, {
      timeoutMs,
      signal: controller.signal,
    });
  return {
    controller,
    kill,
    run,
    say: (message: unknown) => emitter.emit('message', message),
    end: gone.resolve,
  };
}

describe('runInChild', () => {
  it('resolves with the reply', async () => {
    const { run, say, kill } = setup();
    const running = run(60_000);
    say('started');
    say(reply);
    expect(await running).toEqual({ reply, durationMs: expect.any(Number) });
    expect(kill).not.toHaveBeenCalled();
  });

  it('kills a run that takes too long', async () => {
    const { run, say } = setup();
    const running = run(1);
    say('started');
    expect(await running).toEqual({ cause: 'timed-out', durationMs: expect.any(Number) });
  });

  it('does not count the time before the start against the run', async () => {
    const { run, say } = setup();
    const running = run(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    say('started');
    say(reply);
    expect(await running).toMatchObject({ reply });
  });

  it('takes a reply that arrived in time while our own event loop was blocked', async () => {
    const { run, say, kill } = setup();
    const running = run(10);
    say('started');
    // After this phase of the loop come the timers, and only then what was read.
    setImmediate(() => {
      stat('.', () => say(reply));
      // Long enough for another thread to look up the file, also on a busy machine.
      const blockedUntil = performance.now() + 300;
      while (performance.now() < blockedUntil);
    });
    expect(await running).toMatchObject({ reply });
    expect(kill).not.toHaveBeenCalled();
  });

  it('kills the run on abort', async () => {
    const { run, say, controller, kill } = setup();
    const running = run(60_000);
    say('started');
    controller.abort();
    expect(await running).toMatchObject({ cause: 'killed' });
    expect(kill).toHaveBeenCalledWith('SIGKILL');
  });

  it('does not take the reply of a child that it has killed', async () => {
    const { run, say, controller, kill, end } = setup();
    kill.mockImplementation(() => undefined);
    const running = run(60_000);
    say('started');
    controller.abort();
    say(reply);
    end({ code: null, signal: 'SIGKILL' });
    expect(await running).toMatchObject({ cause: 'killed' });
  });

  it.each<[string, unknown[]]>([
    ['replies before the start', [reply]],
    ['starts twice', ['started', 'started']],
    ['sends what is no message', ['started', { code: 'MADE_UP' }]],
  ])('takes a child that %s for crashed', async (_, messages) => {
    const { run, say, kill } = setup();
    const running = run(60_000);
    for (const message of messages) say(message);
    expect(await running).toMatchObject({ cause: 'crashed' });
    expect(kill).toHaveBeenCalledWith('SIGKILL');
  });

  it.each<[Exit, string]>([
    [{ code: null, signal: 'SIGABRT' }, 'out-of-memory'],
    [{ code: 134, signal: null }, 'out-of-memory'],
    [{ code: null, signal: 'SIGKILL' }, 'killed'],
    [{ code: null, signal: 'SIGSEGV' }, 'crashed'],
    [{ code: 1, signal: null }, 'crashed'],
  ])('explains the end %j as %s', async (exit, cause) => {
    const { run, say, end } = setup();
    const running = run(60_000);
    say('started');
    end(exit);
    expect(await running).toMatchObject({ cause });
  });

  it('explains any end before the start as not started', async () => {
    const { run, end } = setup();
    const running = run(60_000);
    end({ code: null, signal: 'SIGABRT' });
    expect(await running).toEqual({ cause: 'not-started', durationMs: 0 });
  });
});
