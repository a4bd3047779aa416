import { describe, expect, it } from '@jest/globals';
import { createUserTurns } from './user-turns.ts';

const setup = () => {
  const turns = createUserTurns({ atOnce: 2, maxWaiting: 2 });
  const taken: string[] = [];
  const take = async (name: string, userId = 'u', signal = new AbortController().signal) => {
    const turn = await turns.take(userId, signal);
    taken.push(name);
    return turn;
  };
  return { take, taken };
};

/** Lets everything happen that waits for nothing. */
const settled = () => new Promise<void>((resolve) => void setImmediate(resolve));

describe('createUserTurns', () => {
  it('gives a user so many turns at once, and the others in the order in which they came', async () => {
    const { take, taken } = setup();
    const [a, b] = [await take('a'), await take('b')];
    const [c, d] = [take('c'), take('d')];
    await settled();
    expect(taken).toEqual(['a', 'b']);
    b[Symbol.dispose]();
    (await c)[Symbol.dispose]();
    await d;
    a[Symbol.dispose]();
    expect(taken).toEqual(['a', 'b', 'c', 'd']);
    await take('e');
    expect(taken).toHaveLength(5);
  });

  it('lets nobody wait for another user', async () => {
    const { take, taken } = setup();
    for (const name of ['a', 'b']) await take(name);
    void take('c');
    await take('other', 'v');
    expect(taken).toEqual(['a', 'b', 'other']);
  });

  it('lets who goes away leave the line', async () => {
    const { take, taken } = setup();
    const first = await take('a');
    const leaving = new AbortController();
    await take('b');
    const gone = take('gone', 'u', leaving.signal);
    const last = take('c');
    leaving.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await expect(take('gone', 'u', leaving.signal)).rejects.toThrow('gone');
    first[Symbol.dispose]();
    await last;
    expect(taken).toEqual(['a', 'b', 'c']);
  });

  it('refuses who would wait behind too many', async () => {
    const { take } = setup();
    const first = await take('a');
    for (const name of ['b', 'c', 'd']) void take(name);
    await expect(take('e')).rejects.toMatchObject({ code: 'OVERLOADED' });
    first[Symbol.dispose]();
    await settled();
    void take('f');
    await expect(take('g')).rejects.toMatchObject({ code: 'OVERLOADED' });
  });
});
