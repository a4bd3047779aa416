import { describe, expect, it } from '@jest/globals';
import { createEventPublisher } from './event-publisher.ts';
import { type EventsMessage, executionKey } from './messages.ts';
import { createWatchers } from './watchers.ts';

const attempt = { executionId: 'e', userId: 'u', promptId: 'p', attempt: 1 };

function setup() {
  const watchers = createWatchers({ monotonicMs: () => 0 });
  const sent: [string, EventsMessage][] = [];
  const publisher = createEventPublisher({
    watchers,
    send: async (address, message) => void sent.push([address, message]),
    reportError: () => undefined,
  });
  const watch = (address: string, output = true) =>
    watchers.note({ address, keys: [executionKey('e')], output });
  return { publisher, sent, watch };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** What was sent of the text, as `offset text`. */
const piecesOf = (sent: [string, EventsMessage][]) =>
  sent.flatMap(([, { output }]) => output.map(({ offset, text }) => `${offset} ${text}`));

describe('createEventPublisher', () => {
  it('sends nothing where nobody watches', async () => {
    const { publisher, sent, watch } = setup();
    watch('a', false);
    publisher.changed([{ executionId: 'other', userId: 'other' }]);
    publisher.outputOf(attempt)('Hello');
    await settled();
    expect(sent).toEqual([]);
  });

  it('tells everybody who watches that there is news', async () => {
    const { publisher, sent, watch } = setup();
    watch('a', false);
    watch('b');
    publisher.changed([{ executionId: 'e', userId: 'u' }]);
    await settled();
    const message = { output: [], changed: [{ executionId: 'e', userId: 'u' }] };
    expect(sent).toEqual([
      ['a', message],
      ['b', message],
    ]);
  });

  it('gives who begins to watch the text from its start, unless it is long', async () => {
    const { publisher, sent, watch } = setup();
    const [short, long] = [publisher.outputOf(attempt), publisher.outputOf({ ...attempt, attempt: 2 })];
    short('Hel');
    long('x'.repeat(20_000));
    watch('a');
    short('lo');
    long('!');
    await settled();
    expect(piecesOf(sent)).toEqual(['0 Hello', '20000 !']);
  });

  it('passes text on as it is stored, and no half characters', async () => {
    const { publisher, sent, watch } = setup();
    watch('a');
    const take = publisher.outputOf(attempt);
    const text = 'a\u{1f600}\0b\ud83dc';
    for (const unit of Array.from({ length: text.length }, (_, index) => text.charAt(index))) take(unit);
    await settled();
    expect(piecesOf(sent)).toEqual(['0 a\u{1f600}\ufffdb\ufffdc']);
  });
});
