import { describe, expect, it } from '@jest/globals';
import { parseEventsMessage, parseWatchNotice } from './messages.ts';

const ref = { executionId: 'e', userId: 'u' };
const piece = { ...ref, promptId: 'p', attempt: 1, offset: 0, text: 'x' };

describe('parseEventsMessage', () => {
  it('reads what it knows, and leaves out what it does not', () => {
    const message = {
      output: [piece, { ...piece, offset: '0' }, { ...piece, promptId: 1 }, null, ref],
      changed: [ref, { executionId: 'e' }, 'e', null],
      more: 1,
    };
    expect(parseEventsMessage(message)).toEqual({ output: [piece], changed: [ref] });
  });

  it.each([null, undefined, 1, 'x', [], { output: 1, changed: {} }])('makes nothing of %j', (data) => {
    expect(parseEventsMessage(data)).toEqual({ output: [], changed: [] });
  });
});

describe('parseWatchNotice', () => {
  it('reads what it knows, and nothing else', () => {
    const notice = { address: 'a', keys: ['e:1'], output: true };
    expect(parseWatchNotice({ ...notice, keys: ['e:1', 2] })).toEqual(notice);
    expect(parseWatchNotice({ address: 'a', keys: [] })).toEqual({ address: 'a', keys: [], output: false });
    expect([null, 1, {}, { address: 1, keys: [] }, { address: 'a' }].map(parseWatchNotice)).toEqual(
      Array(5).fill(null),
    );
  });
});
