import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { JsonSchema } from '../schema/dialects.ts';
import { type ChildPool, createChildPool, type PoolOptions } from './child-pool.ts';
import { findConfinement } from './confinement.ts';
import { createRecordingLog } from './recording-log.fixture.ts';

// A process takes its time to start on a busy machine.
jest.setTimeout(60_000);

const pools: ChildPool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

function setup(options: Partial<PoolOptions> = {}) {
  const { log, lines } = createRecordingLog();
  const entry = new URL('./misbehaving-child.fixture.ts', import.meta.url);
  const limits = {
    children: 1,
    maxWaiting: 100,
    maxWaitingPerTenant: 100,
    memoryMb: 64,
    maxRunsPerChild: 100,
  };
  const pool = createChildPool({ ...limits, entry, log, ...options });
  pools.push(pool);
  const run = async (config: JsonSchema, timeoutMs = 60_000, signal?: AbortSignal) => {
    const asked = { task: 'judge', type: 'SCHEMA', tenantId: 't', configHash: '', output: '' } as const;
    const end = await pool.run(
      { ...asked, config, wantsValue: true },
      { timeoutMs, maxWaitMs: 60_000, signal },
    );
    const value = end.reply && 'value' in end.reply ? end.reply.value : undefined;
    return { ...end, value };
  };
  const started = () =>
    lines.filter((line) => line.message === 'sandbox child started').map((line) => line.fields.pid);
  return { pool, run, lines, started, answer: () => run({ behaviour: 'answer' }) };
}

describe('createChildPool', () => {
  it('starts no child before one is needed, and then keeps it', async () => {
    const { answer, started } = setup({ children: 2 });
    expect(started()).toEqual([]);
    const ends = [await answer(), await answer(), await answer()];
    expect(new Set(ends.map((end) => end.value))).toEqual(new Set(started()));
    expect(started()).toHaveLength(1);
  });

  it('runs as many at once as it has children', async () => {
    const { pool, answer, started } = setup({ children: 2 });
    await pool.ready();
    const ends = await Promise.all([answer(), answer()]);
    expect(new Set(ends.map((end) => end.value))).toEqual(new Set(started()));
    expect(started()).toHaveLength(2);
  });

  it('replaces a child after its last run', async () => {
    const { answer, started } = setup({ maxRunsPerChild: 2 });
    for (let run = 0; run < 5; run++) expect(await answer()).toHaveProperty('reply');
    expect(started()).toHaveLength(3);
  });

  it('replaces a child that has become large', async () => {
    const { run, answer, started } = setup();
    expect(await run({ behaviour: 'answer that it is large' })).toHaveProperty('reply');
    expect(await answer()).toHaveProperty('reply');
    expect(started()).toHaveLength(2);
  });

  it.each<[string, string]>([
    ['end in the midst', 'crashed'],
    ['lie', 'crashed'],
    ['start twice', 'crashed'],
    ['reply before the start', 'crashed'],
  ])('replaces a child that should %s', async (behaviour, cause) => {
    const { run, answer } = setup();
    expect(await run({ behaviour })).toMatchObject({ cause });
    expect(await answer()).toHaveProperty('reply');
  });

  it('ends and replaces a child that cuts its connection', async () => {
    const { run, answer } = setup();
    expect(await run({ behaviour: 'live on without a connection' })).toMatchObject({ cause: 'killed' });
    expect(await answer()).toHaveProperty('reply');
  });

  it('kills a run that takes too long, and those who wait behind it get their turn in a fresh child', async () => {
    const { run, answer, started } = setup();
    const [late, ...others] = await Promise.all([run({ behaviour: 'hang' }, 200), answer(), answer()]);
    expect(late).toMatchObject({ cause: 'timed-out' });
    expect(others.map((end) => end.value)).toEqual([started()[1], started()[1]]);
  });

  it('kills a run that fills memory outside the heap, where the system tells', async () => {
    const { run, answer } = setup();
    const cause = process.platform === 'linux' ? 'out-of-memory' : 'timed-out';
    expect(await run({ behaviour: 'grow' }, 20_000)).toMatchObject({ cause });
    expect(await answer()).toHaveProperty('reply');
  });

  it('repeats a run whose child somebody else killed', async () => {
    const { pool, run, started } = setup();
    await pool.ready();
    const end = await run({ behaviour: 'be killed in one process', pid: started()[0] });
    expect(end.value).toBe(started()[1]);
  });

  it('does not repeat such a run for ever', async () => {
    const { run, lines } = setup();
    expect(await run({ behaviour: 'be killed in one process' })).toMatchObject({ cause: 'killed' });
    expect(lines.filter((line) => line.message === 'sandbox run stopped')).toHaveLength(2);
  });

  it('repeats a run that did not start in one fresh child, and then gives up', async () => {
    const { run, lines, answer } = setup();
    expect(await run({ behaviour: 'end before the start' })).toMatchObject({
      cause: 'not-started',
      durationMs: 0,
    });
    expect(lines.filter((line) => line.message === 'sandbox run stopped')).toHaveLength(2);
    expect(await answer()).toHaveProperty('reply');
  });

  it('gives up when no child can be started, and says so', async () => {
    const { pool, answer, lines } = setup({ entry: new URL('./no-such-file.ts', import.meta.url) });
    expect(await answer()).toMatchObject({ cause: 'not-started', durationMs: 0 });
    expect(lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      'sandbox child did not start',
      'sandbox child did not start',
    ]);
    await expect(pool.ready()).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
  });

  it('turns a run away when too many wait', async () => {
    const { answer } = setup({ maxWaiting: 1 });
    const [first, second, third] = await Promise.all([answer(), answer(), answer()]);
    expect(third).toMatchObject({ noSlot: 'full', durationMs: 0 });
    for (const end of [first, second]) expect(end).toHaveProperty('reply');
  });

  it('lets one who waits give up without harm to the others', async () => {
    const { run, answer } = setup();
    const controller = new AbortController();
    const [first, waiting, last] = [
      answer(),
      run({ behaviour: 'answer' }, 60_000, controller.signal),
      answer(),
    ];
    controller.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    for (const end of [await first, await last]) expect(end).toHaveProperty('reply');
  });

  it('ends what runs, starts and waits when it is closed, and takes nothing more', async () => {
    const { pool, run, answer } = setup();
    const ends = Promise.allSettled([run({ behaviour: 'hang' }), answer()]);
    await pool.close();
    const closed = { status: 'rejected', reason: expect.objectContaining({ code: 'SHUTTING_DOWN' }) };
    expect(await ends).toEqual([closed, closed]);
    await expect(answer()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await pool.close();
  });

  it('waits for the end of its children when it is closed, also when nobody may wait', async () => {
    const { pool, run, started } = setup({ maxWaiting: 0 });
    await pool.ready();
    const refused = expect(run({ behaviour: 'hang' })).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await pool.close();
    expect(() => process.kill(Number(started()[0]), 0)).toThrow('ESRCH');
    await refused;
  });

  it('gives a child no environment and no way to files, processes, prototypes or a network', async () => {
    const { run } = setup();
    const launcher = await findConfinement(fileURLToPath(import.meta.url));
    const end = await run({ behaviour: 'confess' });
    expect(end.value).toEqual({
      env: [],
      cwd: '/',
      hasProto: false,
      canReadPasswords: false,
      canReadTheEnvironment: false,
      // Where the system lets it be taken away.
      hasNetwork: !launcher.includes('--net'),
      canWrite: false,
      canSpawn: false,
    });
  });
});
