import { describe, expect, it } from '@jest/globals';
import { createBatcher } from './batcher.ts';

/** A batcher whose batches and pauses end when the test says so. */
function setup({ maxPerBatch = 100, maxWaiting = 100 } = {}) {
  const batches: string[][] = [];
  const errors: unknown[] = [];
  const sent: PromiseWithResolvers<void>[] = [];
  const paused: PromiseWithResolvers<void>[] = [];
  const add = createBatcher({
    maxPerBatch,
    maxWaiting,
    send(ids) {
      batches.push(ids);
      return next(sent);
    },
    pause: () => next(paused),
    reportError: (error) => errors.push(error),
  });
  return {
    add,
    batches,
    errors,
    endSending: () => sent.at(-1)?.resolve(),
    endPause: () => paused.at(-1)?.resolve(),
    sent,
  };
}

function next(list: PromiseWithResolvers<void>[]): Promise<void> {
  const step = Promise.withResolvers<void>();
  list.push(step);
  return step.promise;
}

const settled = () => new Promise(setImmediate);

describe('createBatcher', () => {
  it('sends the first ids at once and gathers what comes meanwhile', async () => {
    const { add, batches, endSending, endPause } = setup();
    add(['a', 'b']);
    expect(batches).toEqual([['a', 'b']]);
    add(['c']);
    add(['d']);
    endSending();
    endPause();
    await settled();
    expect(batches).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('waits for the pause as well as for the batch before', async () => {
    const { add, batches, endSending, endPause } = setup();
    add(['a']);
    add(['b']);
    endSending();
    await settled();
    expect(batches).toEqual([['a']]);
    endPause();
    await settled();
    expect(batches).toEqual([['a'], ['b']]);
  });

  it('starts again after it had nothing to send', async () => {
    const { add, batches, endSending, endPause } = setup();
    add(['a']);
    endSending();
    endPause();
    await settled();
    add(['b']);
    expect(batches).toEqual([['a'], ['b']]);
  });

  it('sends an id once that was added twice while waiting', async () => {
    const { add, batches, endSending, endPause } = setup();
    add(['a']);
    add(['b', 'b']);
    add(['b']);
    endSending();
    endPause();
    await settled();
    expect(batches).toEqual([['a'], ['b']]);
  });

  it('splits what is too much for one batch', async () => {
    const { add, batches, endSending, endPause } = setup({ maxPerBatch: 2 });
    add(['a', 'b', 'c']);
    endSending();
    endPause();
    await settled();
    expect(batches).toEqual([['a', 'b'], ['c']]);
  });

  it('drops what is too much to wait, and says so', async () => {
    const { add, batches, errors, endSending, endPause } = setup({ maxWaiting: 2 });
    add(['a']);
    add(['b', 'c', 'd']);
    add(['e']);
    endSending();
    endPause();
    await settled();
    expect(batches).toEqual([['a'], ['b', 'c']]);
    expect(errors).toHaveLength(2);
  });

  it('reports a batch that failed and goes on with the next', async () => {
    const { add, batches, errors, sent, endPause } = setup();
    add(['a']);
    add(['b']);
    sent[0]?.reject(new Error('no server'));
    endPause();
    await settled();
    expect(errors).toEqual([new Error('no server')]);
    expect(batches).toEqual([['a'], ['b']]);
  });
});
