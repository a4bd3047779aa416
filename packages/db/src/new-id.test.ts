import { describe, expect, it } from '@jest/globals';
import { newId } from './new-id.ts';

describe('newId', () => {
  const ids = Array.from({ length: 100_000 }, newId);

  it('gives UUIDs of version 7', () => {
    const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(ids.find((id) => !pattern.test(id))).toBeUndefined();
  });

  it('gives each one greater than the one before, many within one millisecond', () => {
    expect(ids.find((id, index) => index > 0 && id <= (ids[index - 1] ?? ''))).toBeUndefined();
    const milliseconds = new Set(ids.map((id) => id.slice(0, 13)));
    expect(milliseconds.size).toBeLessThan(ids.length);
  });
});
