import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createWatchdog, type WatchdogOptions } from './watchdog.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

const patienceMs = 60_000;

/** A worker with room that fetches nothing although a bell waits, unless told otherwise. */
function setup(changes: Partial<WatchdogOptions> = {}) {
  const state = { fetched: 7, questions: 0, stuck: 0, waiting: 1, hasRoom: true };
  const watchdog = createWatchdog({
    patienceMs,
    hasRoom: () => state.hasRoom,
    fetched: () => state.fetched,
    async waiting() {
      state.questions += 1;
      return state.waiting;
    },
    onStuck: () => {
      state.stuck += 1;
    },
    ...changes,
  });
  watchdog.start();
  return { watchdog, state };
}

/** Lets so many looks happen, one after the other. */
async function look(times: number, between: () => void = () => undefined): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    jest.advanceTimersByTime(patienceMs / 4);
    await setImmediate();
    between();
  }
}

describe('createWatchdog', () => {
  it('says so once when bells wait for a minute and none is fetched', async () => {
    const { state } = setup();
    // The first look learns where the count stands, the second begins the minute.
    await look(5);
    expect(state.stuck).toBe(0);
    await look(1);
    expect(state.stuck).toBe(1);
    await look(20);
    expect(state.stuck).toBe(1);
  });

  it('is content while bells are fetched, and does not ask the queue', async () => {
    const { state } = setup();
    await look(40, () => {
      state.fetched += 1;
    });
    expect(state).toMatchObject({ stuck: 0, questions: 0 });
  });

  it('is content while all slots are busy or calls are suspended, and does not ask the queue', async () => {
    const { state } = setup();
    state.hasRoom = false;
    await look(40);
    expect(state).toMatchObject({ stuck: 0, questions: 0 });
  });

  it('is content while no bell waits but delayed ones, and asks four times a minute', async () => {
    const { state } = setup();
    state.waiting = 0;
    await look(1 + 40);
    expect(state).toMatchObject({ stuck: 0, questions: 40 });
  });

  it('is content while the queue does not answer', async () => {
    const { state } = setup({ waiting: () => Promise.reject(new Error('away')) });
    await look(40);
    expect(state.stuck).toBe(0);
  });

  it.each<[string, (state: ReturnType<typeof setup>['state']) => void]>([
    ['a bell was fetched', (state) => (state.fetched += 1)],
    ['none waited', (state) => (state.waiting = 1 - state.waiting)],
    ['there was no room', (state) => (state.hasRoom = !state.hasRoom)],
  ])('begins anew after a look at which %s', async (_, change) => {
    const { state } = setup();
    await look(5);
    change(state);
    await look(1);
    Object.assign(state, { waiting: 1, hasRoom: true });
    await look(4);
    expect(state.stuck).toBe(0);
    await look(1);
    expect(state.stuck).toBe(1);
  });

  it('does not count a bell that was fetched while the queue was asked', async () => {
    const { state } = setup({
      async waiting() {
        state.fetched += 1;
        return 1;
      },
    });
    await look(40);
    expect(state.stuck).toBe(0);
  });

  it('waits for an answer before it looks again, and says nothing after it is stopped', async () => {
    const answer = Promise.withResolvers<number>();
    const { watchdog, state } = setup({
      waiting: () => {
        state.questions += 1;
        return answer.promise;
      },
    });
    await look(20);
    expect(state.questions).toBe(1);
    watchdog.stop();
    answer.resolve(1);
    await look(20);
    expect(state).toMatchObject({ questions: 1, stuck: 0 });
  });
});
