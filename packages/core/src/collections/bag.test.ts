import { describe, expect, it } from '@jest/globals';
import { createBag } from './bag.ts';

describe('createBag', () => {
  it('holds what was added and not taken out', () => {
    const bag = createBag<string>();
    const takeA = bag.add('a');
    bag.add('b');
    bag.add('b');
    takeA();
    expect([...bag]).toEqual(['b', 'b']);
    expect(bag.size).toBe(2);
  });

  it('uses the place of what was taken out again, and takes out each only once', () => {
    const bag = createBag<string>();
    const takeA = bag.add('a');
    takeA();
    bag.add('b');
    takeA();
    expect([...bag]).toEqual(['b']);
    expect(bag.size).toBe(1);
  });

  it('can be emptied while it is read', () => {
    const bag = createBag<() => void>();
    for (let count = 0; count < 3; count += 1) {
      const take = bag.add(() => take());
    }
    for (const take of bag) take();
    expect(bag.size).toBe(0);
  });
});
