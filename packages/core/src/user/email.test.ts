import { describe, expect, it } from '@jest/globals';
import { normaliseEmail } from './email.ts';

describe('normaliseEmail', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['  Ada@Example.COM\n', 'ada@example.com'],
    ['ada+forma@mail.example.com', 'ada+forma@mail.example.com'],
    ['ada@localhost', 'ada@localhost'],
    ['jose\u0301@example.com', 'jos\u00e9@example.com'],
  ])('writes %j as %j', (text, email) => {
    expect(normaliseEmail(text)).toBe(email);
    expect(normaliseEmail(email)).toBe(email);
  });

  it.each([
    '',
    'ada',
    '@example.com',
    'ada@',
    'a@b@c',
    'ada lovelace@example.com',
    'ada@example..com',
    'ada@.com',
    'ada@example.com.',
    'a\0@example.com',
    'a\u200b@example.com',
    `${'a'.repeat(65)}@example.com`,
    `ada@${'a'.repeat(260)}`,
  ])('refuses %j', (text) => {
    expect(normaliseEmail(text)).toBeNull();
  });
});
