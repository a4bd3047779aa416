import { describe, expect, it } from '@jest/globals';
import { createKept } from './kept.ts';

describe('createKept', () => {
  it('keeps what was used last, and tells of what it drops', () => {
    const dropped: string[] = [];
    const kept = createKept<string>(2, (value) => dropped.push(value));
    kept.set('a', 'A');
    kept.set('b', 'B');
    expect(kept.get('a')).toBe('A');
    expect(kept.set('c', 'C')).toBe('C');
    expect([kept.get('a'), kept.get('b'), kept.get('c')]).toEqual(['A', undefined, 'C']);
    kept.delete('a');
    kept.delete('a');
    expect(dropped).toEqual(['B', 'A']);
  });
});
