import type { Queryable } from '@formaops/db';
import { recordingLog } from '@formaops/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createRingReceipts } from './ring-receipts.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Receipts for bells that are taken for lost after four seconds, and the ids of each note that was written. */
function setup() {
  const notes: string[][] = [];
  const takenBack: string[][] = [];
  const query = async (sql: string, [ids]: [string[]]) => {
    (sql.includes('last_enqueued_at =') ? notes : takenBack).push(ids);
    return { rows: [], rowCount: ids.length };
  };
  const clock = { monotonicMs: () => Date.now() };
  const options = { bellLostMs: 4_000, bellRepeatMs: 60_000, clock };
  const receipts = createRingReceipts(
    { query: query as unknown as Queryable['query'] },
    recordingLog(),
    options,
  );
  receipts.start();
  return { receipts, notes, takenBack };
}

describe('createRingReceipts', () => {
  it('notes a bell after half of the time in which it is taken for lost, and in time', async () => {
    const { receipts, notes } = setup();
    receipts.note(['a', 'b']);
    await jest.advanceTimersByTimeAsync(1_500);
    receipts.note(['c']);
    await jest.advanceTimersByTimeAsync(400);
    expect(notes).toEqual([]);
    await jest.advanceTimersByTimeAsync(1_100);
    expect(notes).toEqual([['a', 'b']]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(notes).toEqual([['a', 'b'], ['c']]);
  });

  it('takes back soon what was not rung for', async () => {
    const { receipts, notes, takenBack } = setup();
    receipts.takeBack(['a', 'b']);
    await jest.advanceTimersByTimeAsync(1_000);
    expect({ notes, takenBack }).toEqual({ notes: [], takenBack: [['a', 'b']] });
  });

  it('notes the rest when it stops', async () => {
    const { receipts, notes } = setup();
    receipts.note(['a']);
    await receipts.stop();
    expect(notes).toEqual([['a']]);
  });

  it('locks no more than some hundred executions by one note', async () => {
    const { receipts, notes } = setup();
    receipts.note(Array.from({ length: 1_200 }, (_, number) => `e${number}`));
    await receipts.stop();
    expect(notes.map((ids) => ids.length)).toEqual([500, 500, 200]);
  });
});
