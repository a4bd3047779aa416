import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createSealingKey, openSecret, sealNonceBytes, sealSecret } from './sealed-secret.ts';

const key = createSealingKey('a text that an operator made by chance');
const otherKey = createSealingKey('another text that an operator made up');
const secret = 'whsec_c2VjcmV0IG9mIGFuIGVuZHBvaW50';
const seal = (owner = 'webhook-1') => sealSecret(secret, owner, key, randomBytes(sealNonceBytes));

describe('a sealed secret', () => {
  it('opens with the key that sealed it, among others, and shows nothing before', () => {
    const sealed = seal();
    expect(sealed).not.toContain('whsec_');
    expect(openSecret(sealed, 'webhook-1', [otherKey, key])).toBe(secret);
    expect(
      openSecret(sealed, 'webhook-1', [createSealingKey('a text that an operator made by chance')]),
    ).toBe(secret);
  });

  it('never looks the same', () => {
    expect(seal()).not.toBe(seal());
  });

  it('does not open with another key, nor in the row of another', () => {
    expect(openSecret(seal(), 'webhook-1', [otherKey])).toBeNull();
    expect(openSecret(seal(), 'webhook-2', [key])).toBeNull();
    // Somebody who can write the row can write the name of the key as well.
    expect(openSecret(seal().replace(key.id, otherKey.id), 'webhook-1', [otherKey])).toBeNull();
  });

  it('does not open when anything of it was changed', () => {
    const [version, id, text = ''] = seal().split('.');
    const bytes = Buffer.from(text, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openSecret(`${version}.${id}.${changed.toString('base64url')}`, 'webhook-1', [key])).toBeNull();
    }
  });

  it.each(['', 'v1', `v1.${key.id}`, `v1.${key.id}.`, `v1.${key.id}.AAAA`, `v2.${key.id}.AAAA`, secret])(
    'is not %j',
    (text) => {
      expect(openSecret(text, 'webhook-1', [key])).toBeNull();
    },
  );
});
