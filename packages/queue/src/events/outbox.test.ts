import { describe, expect, it } from '@jest/globals';
import type { EventsMessage, OutputPiece } from './messages.ts';
import { createOutbox } from './outbox.ts';

/** An outbox whose pauses end when the test says so. */
function setup() {
  const messages: EventsMessage[] = [];
  const errors: unknown[] = [];
  const state = { pause: Promise.withResolvers<void>(), failure: null as Error | null };
  const outbox = createOutbox({
    async send(message) {
      messages.push(message);
      if (state.failure) throw state.failure;
    },
    reportError: (error) => errors.push(error),
    pause() {
      state.pause = Promise.withResolvers();
      return state.pause.promise;
    },
  });
  /** Lets the next message go. */
  const goOn = async () => {
    state.pause.resolve();
    await settled();
  };
  return { outbox, messages, errors, state, goOn };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const ref = (executionId: string) => ({ executionId, userId: 'u' });

function piece(executionId: string, offset: number, text: string, attempt = 1): OutputPiece {
  return { ...ref(executionId), promptId: 'p', attempt, offset, text };
}

describe('createOutbox', () => {
  it('sends the first at once, and what comes meanwhile together after the pause', async () => {
    const { outbox, messages, goOn } = setup();
    outbox.addChange(ref('a'));
    await settled();
    outbox.addChange(ref('b'));
    outbox.addChange(ref('b'));
    outbox.addChange(ref('c'));
    await settled();
    expect(messages).toEqual([{ output: [], changed: [ref('a')] }]);
    await goOn();
    expect(messages.slice(1)).toEqual([{ output: [], changed: [ref('b'), ref('c')] }]);
    await goOn();
    expect(messages).toHaveLength(2);
  });

  it('joins the pieces of a text where none is missing, and keeps attempts apart', async () => {
    const { outbox, messages } = setup();
    outbox.addPiece(piece('a', 0, 'He'));
    outbox.addPiece(piece('a', 2, 'llo'));
    outbox.addPiece(piece('a', 9, '!'));
    outbox.addPiece(piece('a', 0, 'He', 2));
    outbox.addChange(ref('a'));
    await settled();
    expect(messages).toEqual([
      { output: [piece('a', 0, 'Hello'), piece('a', 9, '!'), piece('a', 0, 'He', 2)], changed: [ref('a')] },
    ]);
  });

  it('makes no message larger than BullMQ takes', async () => {
    const { outbox, messages, goOn } = setup();
    for (let n = 0; n < 1_200; n += 1) outbox.addChange(ref(String(n)));
    for (let n = 0; n < 10; n += 1) outbox.addPiece(piece(`text ${n}`, 0, '\u20ac'.repeat(30_000)));
    await settled();
    for (let n = 0; n < 20; n += 1) await goOn();
    expect(messages.flatMap(({ changed }) => changed)).toHaveLength(1_200);
    expect(messages.flatMap(({ output }) => output)).toHaveLength(10);
    for (const message of messages) expect(JSON.stringify(message).length).toBeLessThan(150_000);
  });

  it('drops what would take too much memory while nothing can be sent, and goes on', async () => {
    const { outbox, messages, goOn } = setup();
    outbox.addChange(ref('first'));
    await settled();
    for (let n = 0; n < 11_000; n += 1) outbox.addChange(ref(String(n)));
    for (let n = 0; n < 100; n += 1) outbox.addPiece(piece('5', n * 1_000, 'x'.repeat(1_000)));
    for (let n = 0; n < 40; n += 1) await goOn();
    expect(messages.flatMap(({ changed }) => changed)).toHaveLength(10_001);
    const text = messages.flatMap(({ output }) => output.map((one) => one.text)).join('');
    expect(text).toHaveLength(32_000);
    outbox.addPiece(piece('a', 7, 'later'));
    await goOn();
    expect(messages.at(-1)).toEqual({ output: [piece('a', 7, 'later')], changed: [] });
  });

  it('keeps a million characters at most, and as many again when they are sent', async () => {
    const { outbox, messages, goOn } = setup();
    outbox.addChange(ref('first'));
    await settled();
    const pieces = () => messages.flatMap(({ output }) => output).length;
    for (const total of [33, 66]) {
      for (let n = 0; n < 40; n += 1) outbox.addPiece(piece(`${total} ${n}`, 0, 'x'.repeat(30_000)));
      for (let n = 0; n < 20; n += 1) await goOn();
      expect(pieces()).toBe(total);
    }
  });

  it('reports what could not be sent, and goes on', async () => {
    const { outbox, messages, errors, state, goOn } = setup();
    state.failure = new Error('server away');
    outbox.addChange(ref('a'));
    await settled();
    state.failure = null;
    outbox.addChange(ref('b'));
    await goOn();
    expect(errors).toEqual([new Error('server away')]);
    expect(messages.at(-1)).toEqual({ output: [], changed: [ref('b')] });
  });
});
